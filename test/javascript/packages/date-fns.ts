import {
  add,
  differenceInBusinessDays,
  eachDayOfInterval,
  format,
  formatDistance,
  formatISO,
  isValid,
  parse,
  parseISO,
} from 'date-fns';
import { de } from 'date-fns/locale/de';

export async function dateFns(): Promise<unknown> {
  const date = parseISO('2024-02-28T10:20:30');
  return [
    format(add(date, { days: 2, hours: 20 }), "yyyy-MM-dd HH:mm:ss EEEE 'week' I, QQQ"),
    format(date, 'PPPP', { locale: de }),
    formatDistance(date, add(date, { months: 14 }), { addSuffix: true, locale: de }),
    formatISO(date, { representation: 'date' }),
    differenceInBusinessDays(new Date(2024, 2, 31), date),
    eachDayOfInterval({ start: date, end: add(date, { days: 2 }) }).map((day) => format(day, 'do MMM')),
    isValid(parse('31.02.2024', 'dd.MM.yyyy', date)),
    parse('3 März 2024', 'd MMMM yyyy', date, { locale: de }).getMonth(),
  ];
}
