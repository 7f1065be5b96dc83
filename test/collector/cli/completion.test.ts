/** What a Tab offers in the shells that are installed. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runToEnd } from "../contract/process";

const COMMANDS = ["serve", "doctor", "backup", "restore", "migrate", "rejoin", "completion", "help"];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "calljoin-completion-"));
  writeFileSync(join(folder, "a backup.db"), "");
});
afterAll(() => rmSync(folder, { recursive: true }));

const isInstalled = (shell: string) => spawnSync(shell, ["-c", "exit"]).status === 0;

/** Runs a shell's own program in the folder; `$1` in it is the script that `calljoin completion` prints. */
async function runIn(shell: string, program: string, ...args: string[]): Promise<string[]> {
  const script = join(folder, `script.${shell}`);
  if (!existsSync(script)) writeFileSync(script, (await runToEnd(["completion", shell], {})).output);
  const clean = { bash: ["--norc"], zsh: ["-f"], fish: ["--no-config"] }[shell] ?? [];
  const name = shell === "fish" ? [] : [shell];
  const said = execFileSync(shell, [...clean, "-c", program, ...name, script, ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  return said.split("\n").filter((line) => line !== "");
}

/** What a shell offers for the last of the words, which is not finished. */
const OFFERED: Record<string, (words: string[]) => Promise<string[]>> = {
  bash: (words) =>
    runIn(
      "bash",
      `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"
       eval "$(complete -p calljoin | sed -E 's/.*-F ([a-z_]+) .*/\\1/')"
       if [ "\${#COMPREPLY[@]}" -gt 0 ]; then printf '%s\\n' "\${COMPREPLY[@]}"; else compgen -o default -- "\${!#}"; fi`,
      ...words,
    ),
  // In a terminal, and by a Tab: zsh completes nowhere else. What completes hands what it found to `compadd`, which tells it here.
  zsh: async (words) => {
    const shown = await runIn(
      "zsh",
      `zmodload zsh/zpty
       zpty shell zsh -f -i
       zpty -w shell "PROMPT= ; autoload -U compinit; compinit -D -u; source $1"
       zpty -w shell 'compadd() {
         [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]] || { local -a hits; builtin compadd -O hits "$@"; print -rl -- "<"$^hits">" }
         builtin compadd "$@"
       }'
       zpty -w shell 'comppostfuncs=(exit); print -r REA""DY'
       zpty -r shell out '*READY*'
       zpty -n -w shell "$2"$'\\t'
       while zpty -r shell line; do print -r -- $line; done`,
      words.join(" "),
    );
    return shown.flatMap((line) => /<(.+)>/.exec(line)?.[1]?.replaceAll("\\", "") ?? []);
  },
  fish: async (words) =>
    (await runIn("fish", 'source $argv[1]; complete -C "$argv[2]"', words.join(" "))).map(
      (line) => line.split("\t")[0] ?? "",
    ),
};

describe.each(Object.entries(OFFERED))("in %s", (shell, offered) => {
  it.skipIf(!isInstalled(shell)).each([
    [["calljoin", ""], COMMANDS],
    [
      ["calljoin", "re"],
      ["restore", "rejoin"],
    ],
    [
      ["calljoin", "rejoin", "--"],
      ["--site", "--dry-run", "--after", "--webhooks", "--help"],
    ],
    [["calljoin", "migrate", "--p"], ["--pending"]],
    [
      ["calljoin", "completion", ""],
      ["bash", "zsh", "fish"],
    ],
    [["calljoin", "help", "se"], ["serve"]],
    [["calljoin", "backup", "a"], ["a backup.db"]],
  ])(`%j offers %j (${shell} must be installed)`, async (words, expected) => {
    expect((await offered(words)).sort()).toEqual([...expected].sort());
  });
});
