export interface Diatom {
  readonly name: string;
  readonly shape: 'round' | 'long' | 'star';
  readonly micrometres: number;
}

export const diatoms: readonly Diatom[] = [
  { name: 'Asterionella formosa', shape: 'star', micrometres: 80 },
  { name: 'Coscinodiscus radiatus', shape: 'round', micrometres: 120 },
  { name: 'Navicula radiosa', shape: 'long', micrometres: 70 },
  { name: 'Pinnularia viridis', shape: 'long', micrometres: 150 },
  { name: 'Stephanodiscus hantzschii', shape: 'round', micrometres: 18 },
];
