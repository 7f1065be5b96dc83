/** Named tokens and marks, on every engine. */
import { expect, it } from "vitest";
import type { Store } from "../../../collector/store/store";
import type { TokenRow } from "../../../collector/store/tables";

export function describeTokens(store: () => Store): void {
  const row: TokenRow = { name: "ann", hash: "a", role: "reader", sites: '["s"]', made_at: 1, last_used_at: null };

  it("keeps a token by its name once, finds it by its hash, and forgets it", async () => {
    expect(await store().addToken(row)).toBe(true);
    expect(await store().addToken({ ...row, hash: "b" })).toBe(false);
    expect(await store().token("a")).toEqual(row);
    expect(await store().token("b")).toBeNull();
    expect(await store().tokens()).toEqual([row]);
    expect(await store().deleteToken("ann")).toBe(true);
    expect(await store().deleteToken("ann")).toBe(false);
    expect(await store().token("a")).toBeNull();
  });

  it("notes that a token was used where that was not noted since", async () => {
    await store().addToken(row);
    const used = async () => (await store().token("a"))?.last_used_at;
    await store().noteUse("a", 100, 50);
    expect(await used()).toBe(100);
    await store().noteUse("a", 120, 60);
    expect(await used()).toBe(100);
    await store().noteUse("a", 170, 110);
    expect(await used()).toBe(170);
  });

  it("adds a mark for one of all who try, and puts one in another's place", async () => {
    const mark = { site: "", kind: "link" as const, name: "k", at: 1, said: "" };
    const tried = await Promise.all([1, 2, 3].map((at) => store().addMark({ ...mark, at })));
    expect(tried.filter((added) => added)).toHaveLength(1);
    await store().putMark({ ...mark, at: 9, said: "x" });
    await store().putMark({ ...mark, name: "l", at: 5 });
    expect(await store().marks("", "link")).toEqual([
      { ...mark, at: 9, said: "x" },
      { ...mark, name: "l", at: 5 },
    ]);
    expect(await store().marks("", "link", "l")).toHaveLength(1);
    await store().deleteMarks("", "link", 9);
    expect((await store().marks("", "link")).map(({ name }) => name)).toEqual(["k"]);
  });
}
