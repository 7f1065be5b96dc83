/**
 * Inserts many rows through a few statements of fixed shapes. Building a statement's text costs more than running it,
 * and each length of a batch would need a text of its own. So rows are split into parts of 128, 64, 32 … 1, and the
 * text for each size is built once.
 */
import type { Compilable, CompiledQuery, Kysely } from "kysely";
import type { Tables } from "./tables";

const LONGEST = 128;

export type Shapes = ReturnType<typeof createShapes>;

export function createShapes() {
  const kept = new Map<string, { query: CompiledQuery; keys: string[] }>();

  function shapeOf<Row extends object>(name: string, part: Row[], build: (rows: Row[]) => Compilable) {
    const known = kept.get(`${name} ${part.length}`);
    if (known) return known;
    const shape = { query: build(part).compile(), keys: Object.keys(part[0] ?? {}) };
    if (shape.query.parameters.length !== part.length * shape.keys.length)
      throw new Error(`${name}: has other parameters`);
    kept.set(`${name} ${part.length}`, shape);
    return shape;
  }

  return {
    /**
     * Runs `build(part)` for parts of `rows`, and returns all the rows that they return. `name` stands for the
     * statement: for the same number of rows, the same name must always build the same text. Its parameters are the
     * rows' values, in the order of their keys.
     */
    async run<Row extends object, Result>(
      db: Kysely<Tables>,
      name: string,
      rows: Row[],
      build: (rows: Row[]) => Compilable<Result>,
    ) {
      const results: Result[] = [];
      for (const part of parts(rows)) {
        const { query, keys } = shapeOf(name, part, build);
        const parameters = part.flatMap((row) => keys.map((key) => row[key as keyof Row]));
        const answer = await db.executeQuery<Result>({ ...query, parameters });
        results.push(...answer.rows);
      }
      return results;
    },
  };
}

function* parts<T>(rows: T[]): Generator<T[]> {
  let from = 0;
  for (let size = LONGEST; from < rows.length; ) {
    if (size > rows.length - from) size /= 2;
    else {
      yield rows.slice(from, from + size);
      from += size;
    }
  }
}
