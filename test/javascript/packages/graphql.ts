import {
  buildSchema,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  parse,
  print,
  printSchema,
  graphql as run,
  validate,
} from 'graphql';

interface Person {
  readonly name: string;
  readonly age: number;
}

const people: readonly Person[] = [
  { name: 'ann', age: 30 },
  { name: 'bob', age: 40 },
];

const person: GraphQLObjectType<Person> = new GraphQLObjectType<Person>({
  name: 'Person',
  fields: () => ({
    name: { type: new GraphQLNonNull(GraphQLString) },
    age: { type: GraphQLInt },
    friends: {
      type: new GraphQLList(person),
      resolve: async (self) => people.filter(({ name }) => name !== self.name),
    },
  }),
});

const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: 'Query',
    fields: {
      people: {
        type: new GraphQLList(person),
        args: { older: { type: GraphQLInt, defaultValue: 0 } },
        resolve: (_source, { older }: { readonly older: number }) => people.filter(({ age }) => age > older),
      },
      fail: {
        type: GraphQLString,
        resolve: () => {
          throw new Error('failed');
        },
      },
    },
  }),
});

const ask = async (source: string, variableValues?: Readonly<Record<string, unknown>>): Promise<unknown> =>
  JSON.parse(
    JSON.stringify(await run({ schema, source, ...(variableValues === undefined ? {} : { variableValues }) })),
  );

export const graphql = async (): Promise<unknown> => [
  await ask('query Q($n: Int) { people(older: $n) { name ...F } } fragment F on Person { friends { name age } }', {
    n: 35,
  }),
  await ask('{ fail people { nope } }'),
  await ask('{ fail }'),
  await ask('{ unclosed'),
  validate(schema, parse('{ people { age @skip } }')).map(({ message }) => message),
  print(parse('{a(b:[1,2,{c:"d"}])@include(if:true){...on T{e}}}')),
  printSchema(buildSchema('"doc" type Query { a(b: [Int!]! = [1]): E } enum E { X Y @deprecated(reason: "old") }')),
];
