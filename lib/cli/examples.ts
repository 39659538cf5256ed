/** Two examples or more of every command, for help and manual. They are parsed by a test. */

export interface Example {
  /** Without the program's name. */
  line: string;
  does: string;
}

const of = (...pairs: [line: string, does: string][]): Example[] =>
  pairs.map(([line, does]) => ({ line, does }));

export const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  backup: of(
    ['backup --dry-run', 'what would be copied and removed, and why'],
    ['backup --cache /data/cache --target root://tape.example.org//archive', 'one pass, without a file'],
  ),
  restore: of(
    ['restore 2026/03/14 --to /data/back', 'one day, into a directory'],
    ['restore . --since 2026-01-01 --to root://other.example.org//pool --evict', 'to another server'],
  ),
  status: of(
    ['status', 'every record of the cache'],
    ['status 2026/03 --checksums', 'those of a month, compared by their bytes'],
  ),
  ls: of(['ls -l 2026', 'sizes, times, and what is on tape'], ['ls -R --json', 'everything, for a program']),
  tree: of(['tree -L 2', 'the two uppermost levels'], ['tree 2026/03 --size', 'a month with its files']),
  du: of(['du', 'each directory of the base, with its bytes'], ['du -d 2 2026', 'two levels of a year']),
  find: of(
    ["find '2026/**/*.h5' --state on_tape", 'what is on tape only'],
    ['find --since 7d --min-size 1GB --json', 'the large records of a week'],
  ),
  cat: of(
    ['cat 2026/shot-0001.h5 | h5dump', 'one record to another program'],
    ['cat --stage 2024/shot-0001.h5 > shot.h5', 'from tape first, if it must be'],
  ),
  stage: of(
    ['stage 2026/03/14 --wait', 'until a day is online'],
    ['stage --from-file wanted.txt', 'asks for a list of files, and waits for none'],
  ),
  evict: of(
    ['evict 2026/03/14', "gives up the server's disk copies of a day"],
    ['evict . --until 30d --dry-run', 'what would go of all that is older than a month'],
  ),
  verify: of(
    ['verify', 'the cache with the server'],
    ['verify --catalogue --sample-percent 1%', 'a part of all that was ever archived'],
  ),
  drill: of(
    ['drill', 'ten files back from tape, compared, and thrown away'],
    ['drill 2025 --bytes 100GB --scratch /data/scratch', 'of one year, at most so many bytes'],
  ),
  retention: of(
    ['retention --dry-run', 'which online files would go'],
    ['retention --confirm', 'removes them, in this and all later passes'],
  ),
  'catalogue status': of(
    ['catalogue status', 'records by state, what is lost, the last passes'],
    ['catalogue status --json', 'the same for a program'],
  ),
  'catalogue check': of(
    ['catalogue check', 'each byte of its file, each row'],
    ['catalogue check --config /etc/xrootd-archive/config.yaml', 'of another configuration'],
  ),
  'catalogue export': of(
    ['catalogue export --output sums.txt', 'a list of checksums for verify'],
    ['catalogue export --format jsonl', 'all that is known'],
  ),
  'catalogue import': of(
    ['catalogue import rows.jsonl --dry-run', 'checks the lines alone'],
    ['catalogue import sums.txt --as-read', 'checksums that were made from the records'],
  ),
  'catalogue forget': of(
    ["catalogue forget 2026/bad.h5 --reason 'taken again'", 'a record that is given up'],
    ["catalogue forget --from-file lost.txt --reason 'disk 7' --dry-run", 'what would be forgotten'],
  ),
  'catalogue adopt': of(
    ['catalogue adopt', 'after cache or target have moved'],
    ['catalogue adopt --config new.yaml', 'for the configuration of the new place'],
  ),
  'catalogue rebuild': of(
    ['catalogue rebuild', 'from what is at the target, on an empty machine too'],
    ['catalogue rebuild --from listing --checksums', "from the server's listing alone, with its checksums"],
  ),
  run: of(
    ['run --config /etc/xrootd-archive/config.yaml', 'the service, until a signal ends it'],
    ['run --log-format json', 'with log lines for machines'],
  ),
  usage: of(
    ['usage', "how full the cache's disk is"],
    ['usage --cache /data/cache --json', 'of a directory, for a program'],
  ),
  'config check': of(
    ['config check', 'is it right, and what does it say with defaults'],
    ['config check --config new.yaml --json', 'of another file, for a program'],
  ),
  'config init': of(
    ['config init', 'asks for cache and target, and writes ./xrootd-archive.yaml'],
    [
      'config init --target root://tape.example.org//archive --cache /data/cache -o -',
      'to standard output, without questions',
    ],
  ),
  doctor: of(
    ['doctor', 'everything from Node.js to the target, with a test file there'],
    ['doctor --offline', 'this machine alone'],
  ),
  sandbox: of(
    ['sandbox', 'a server with a tape, until Ctrl-C'],
    ['sandbox --stage-delay 2-5 --migration-delay 10', 'a slow one'],
  ),
  'completion bash': of(
    ['completion bash > ~/.local/share/bash-completion/completions/xrootd-archive', 'for yourself'],
    ['completion bash > /etc/bash_completion.d/xrootd-archive', 'for everybody'],
  ),
  'completion zsh': of(
    ['completion zsh > ~/.zsh/_xrootd-archive', 'into a directory of $fpath'],
    ['completion zsh > /usr/local/share/zsh/site-functions/_xrootd-archive', 'for everybody'],
  ),
  'completion fish': of(
    ['completion fish > ~/.config/fish/completions/xrootd-archive.fish', 'for yourself'],
    ['completion fish > /etc/fish/completions/xrootd-archive.fish', 'for everybody'],
  ),
  man: of(
    ['man | man -l -', 'shows the page of the program'],
    ['man --output /usr/local/share/man/man1', 'writes the pages of all commands'],
  ),
};

/** `catalogue status`, for instance. */
export function nameOf(command: Named): string {
  const names: string[] = [];
  for (let at: Named = command; at.parent !== null; at = at.parent) names.unshift(at.name());
  return names.join(' ');
}

interface Named {
  name(): string;
  parent: Named | null;
}

/** For help; empty for a command without examples. */
export function examplesText(command: Named): string {
  const examples = EXAMPLES[nameOf(command)] ?? [];
  if (examples.length === 0) return '';
  const lines = examples.map(({ line, does }) => `  # ${does}\n  xrootd-archive ${line}`);
  return ['', 'Examples:', ...lines].join('\n');
}
