/**
 * `calljoin completion SHELL`: a script that completes the command line, made from the commands themselves. It is
 * written once and asks no collector, so pressing Tab starts no program.
 * https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html,
 * https://zsh.sourceforge.io/Doc/Release/Completion-System.html, https://fishshell.com/docs/current/completions.html
 */
import type { Command, Option } from "commander";

export type Shell = "bash" | "zsh" | "fish";

interface Described {
  name: string;
  summary: string;
  options: readonly Option[];
  /** What the command's argument can be: one of these words, or a file. Null if it takes none. */
  takes: readonly string[] | "file" | null;
}

export function completion(shell: Shell, program: Command): string {
  const help = program.createHelp();
  const commands = help.visibleCommands(program).map((command): Described => {
    const [argument] = command.registeredArguments;
    const names = () => program.commands.map((one) => one.name());
    const takes = argument && (argument.argChoices ?? (argument.name() === "command" ? names() : "file"));
    const options = help.visibleOptions(command);
    return { name: command.name(), summary: command.summary() || command.description(), options, takes: takes ?? null };
  });
  return { bash, zsh, fish }[shell](commands, help.visibleOptions(program));
}

const words = (options: readonly Option[]) => options.map(({ long }) => long).join(" ");
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** If the function finds nothing, bash completes file names. */
function bash(commands: Described[], options: readonly Option[]): string {
  const cases = commands.map(({ name, options, takes }) => {
    const own = takes === "file" || takes === null ? [] : takes;
    return `    ${name}) words='${own.join(" ")}' options='${words(options)}' ;;`;
  });
  return `_calljoin() {
  local words='' options='' word=\${COMP_WORDS[COMP_CWORD]} command=\${COMP_WORDS[1]}
  [ "$COMP_CWORD" -eq 1 ] && command=
  case $command in
    '') words='${commands.map(({ name }) => name).join(" ")}' options='${words(options)}' ;;
${cases.join("\n")}
  esac
  case $word in -*) words=$options ;; esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _calljoin calljoin
`;
}

/** Specs for `_arguments`, where brackets and colons have a meaning. */
function zsh(commands: Described[], options: readonly Option[]): string {
  const escaped = (text: string) => text.replace(/[[\]:\\]/g, "\\$&");
  const specs = (all: readonly Option[]) =>
    all.map(({ long, description, required }) =>
      quoted(`${long}[${escaped(description)}]${required ? ":value: " : ""}`),
    );
  const cases = commands.map(({ name, options, takes }) => {
    const own = takes === null ? [] : [quoted(takes === "file" ? "1:file:_files" : `1:name:(${takes.join(" ")})`)];
    return `    ${name}) _arguments ${[...specs(options), ...own].join(" ")} ;;`;
  });
  return `_calljoin() {
  local -a commands=(${commands.map(({ name, summary }) => quoted(`${name}:${escaped(summary)}`)).join(" ")})
  local state line
  _arguments -C ${specs(options).join(" ")} '1:command:->command' '*::argument:->argument'
  case $state in command) _describe command commands; return ;; esac
  case $line[1] in
${cases.join("\n")}
  esac
}
compdef _calljoin calljoin
`;
}

function fish(commands: Described[], options: readonly Option[]): string {
  const option = ({ long = "", description, required }: Option) =>
    `-l ${long.slice(2)} -d ${quoted(description)}${required ? " -x" : ""}`;
  const none = "complete -c calljoin -n __fish_use_subcommand";
  const lines = commands.flatMap(({ name, summary, options, takes }) => {
    const own = `complete -c calljoin -n '__fish_seen_subcommand_from ${name}'`;
    const argument = takes === null ? [] : [takes === "file" ? `${own} -F` : `${own} -a '${takes.join(" ")}'`];
    return [`${none} -a ${name} -d ${quoted(summary)}`, ...options.map((one) => `${own} ${option(one)}`), ...argument];
  });
  return `complete -c calljoin -f\n${options.map((one) => `${none} ${option(one)}`).join("\n")}\n${lines.join("\n")}\n`;
}
