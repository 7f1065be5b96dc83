/** The command line as its user meets it. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runToEnd } from "../contract/process";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const COMMANDS = ["serve", "doctor", "backup", "restore", "migrate", "rejoin", "completion"];

const run = (...args: string[]) => runToEnd(args, { CALLJOIN_DATA: "/nonexistent/calljoin" });

describe("calljoin", () => {
  it("--help names every command and the exit codes, and nothing that is not there", async () => {
    const { code, output } = await run("--help");
    expect(code).toBe(0);
    const named =
      output
        .split("Commands:")[1]
        ?.split("Exit codes:")[0]
        ?.matchAll(/^ {2}(\w+)/gm) ?? [];
    expect([...named].map(([, name]) => name)).toEqual([...COMMANDS, "help"]);
    expect(output).toMatch(/Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}130 /);
  });

  it.each(COMMANDS)("%s --help describes that command", async (name) => {
    const { code, output } = await run(name, "--help");
    expect([code, output]).toEqual([0, expect.stringContaining(`Usage: calljoin ${name}`)]);
  });

  it("serve --help lists every variable", async () => {
    const { output } = await run("serve", "--help");
    for (const name of ["PORT", "CALLJOIN_DATA", "DATABASE_URL", "CALLJOIN_PUBLIC_URL", "CALLJOIN_ADMIN_TOKEN_FILE"]) {
      expect(output).toContain(name);
    }
  });

  it("help COMMAND describes it, too", async () => {
    expect(await run("help", "serve")).toEqual(await run("serve", "--help"));
  });

  it("--version is the package's", async () => {
    expect(await run("--version")).toEqual({ code: 0, output: `${version}\n` });
  });

  it.each([
    [["srve"], /^calljoin: unknown command 'srve'\n\(Did you mean serve\?\)/],
    [["serve", "--prot", "1"], /^calljoin: unknown option '--prot'/],
    [["serve", "now"], /^calljoin: too many arguments for 'serve'/],
    [["completion", "tcsh"], /Allowed choices are bash, zsh, fish/],
    [["backup"], /^calljoin: missing required argument 'file'/],
    [["rejoin", "--site"], /^calljoin: option '--site <tracking_id>' argument missing/],
    [["migrate", "--pending", "--to", "postgres://db/x"], /^calljoin: --pending and --to cannot be used together/],
    [[], /^Usage: calljoin/],
  ])("%s is told what is wrong with it, and ends with 2", async (args, said) => {
    expect(await run(...args)).toEqual({ code: 2, output: expect.stringMatching(said) });
  });

  it("rejoin makes no store where there is none", async () => {
    const { code, output } = await run("rejoin", "--site", "shop");
    expect([code, output]).toEqual([1, "calljoin: CALLJOIN_DATA: there is no store in /nonexistent/calljoin\n"]);
  });
});
