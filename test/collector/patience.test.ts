import { expect, it } from "vitest";
import { patiently } from "../../collector/patience";
import { unusable } from "../../collector/unavailable";

const refused = () => unusable("DATABASE_URL: db/calls", Object.assign(new Error("refused"), { code: "ECONNREFUSED" }));

/** Opens after so many tries that fail with `error`, on a clock that only its pauses move. */
function world(failures: number, error: () => Error) {
  let now = 0;
  let tries = 0;
  const told: string[] = [];
  const open = async () => {
    tries += 1;
    if (tries <= failures) throw error();
    return "open";
  };
  const opened = patiently(open, {
    clock: () => now,
    tell: ({ message }) => told.push(message),
    pause: async (ms) => {
      now += ms;
    },
  });
  return { opened, told, tries: () => tries, now: () => now };
}

it("waits for a database that does not answer yet, with a line for each try", async () => {
  const { opened, told } = world(3, refused);
  expect(await opened).toBe("open");
  expect(told).toEqual(Array(3).fill("DATABASE_URL: db/calls cannot be used: refused"));
});

it("gives up after a minute, with what the database said last", async () => {
  const { opened, now } = world(1_000, refused);
  await expect(opened).rejects.toThrow("DATABASE_URL: db/calls cannot be used: refused");
  expect(now()).toBe(60_000);
});

it("does not wait for what no waiting mends", async () => {
  const wrong = () =>
    unusable("DATABASE_URL: db/calls", Object.assign(new Error("no such database"), { code: "3D000" }));
  const { opened, tries } = world(1_000, wrong);
  await expect(opened).rejects.toThrow("no such database");
  expect(tries()).toBe(1);
});
