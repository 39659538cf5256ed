/**
 * What a server answers when it is asked about a stage request, as far as it can be understood. EOS with CTA answers
 * JSON (older releases with `exists` for `path_exists`), a plain xrootd whatever its prepare program prints; xrootd
 * before 5.6 cuts the answer at about 2 KB. So this reads every complete response, and ignores the rest.
 */

/** What isn't there, or has the wrong type, is undefined. */
export interface StageAnswer {
  /** A copy is on disk. */
  online?: boolean;
  onTape?: boolean;
  /** Somebody's stage request for it is waiting. Also false for a file that is online. */
  requested?: boolean;
  /** The request that was asked about is among those that wait. */
  hasRequest?: boolean;
  /** Never empty. May be an archive error of a file that is online: look at `online` first. */
  error?: string;
  exists?: boolean;
}

/** A path as a key of parseStageAnswer()'s map: each run of slashes becomes one. */
export function answerPath(path: string): string {
  return path.replace(/\/{2,}/g, '/');
}

/**
 * By path (see answerPath()). If a path comes twice, the first response counts. Never throws: any other text gives an
 * empty map. A text that was cut gives a part of what the whole text gives.
 */
export function parseStageAnswer(text: string): Map<string, StageAnswer> {
  const answers = new Map<string, StageAnswer>();
  for (const element of elementsOf(text)) {
    const response = parsed(element);
    const path = response?.['path'];
    if (response === undefined || typeof path !== 'string' || path === '') continue;
    const key = answerPath(path);
    if (!answers.has(key)) answers.set(key, answerOf(response));
  }
  return answers;
}

function answerOf(response: Record<string, unknown>): StageAnswer {
  const answer: StageAnswer = {};
  const { online, on_tape: onTape, requested, has_reqid: hasRequest, error_text: errorText } = response;
  const exists = response['path_exists'] ?? response['exists'];
  if (typeof online === 'boolean') answer.online = online;
  if (typeof onTape === 'boolean') answer.onTape = onTape;
  if (typeof requested === 'boolean') answer.requested = requested;
  if (typeof hasRequest === 'boolean') answer.hasRequest = hasRequest;
  if (typeof exists === 'boolean') answer.exists = exists;
  if (typeof errorText === 'string' && errorText.trim() !== '') answer.error = errorText.trim();
  return answer;
}

function parsed(element: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(element);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The texts of the objects in the list `responses` of the outermost object, as far as they are whole. */
function* elementsOf(text: string): Generator<string> {
  if (!/^\s*\{/.test(text)) return;
  let [depth, start] = [0, 0];
  let key = '';
  let listed = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (letter === '"') {
      const end = endOfString(text, at);
      if (depth === 1) key = text.slice(at, end);
      at = end - 1;
    } else if (letter === '{' || letter === '[') {
      depth++;
      if (depth === 2) listed = letter === '[' && key === '"responses"';
      if (depth === 3) start = at;
    } else if (letter === '}' || letter === ']') {
      depth--;
      if (depth === 2 && listed && letter === '}') yield text.slice(start, at + 1);
      if (depth === 0) return;
    }
  }
}

/** Behind the closing quote, or the end of a text that was cut. */
function endOfString(text: string, quote: number): number {
  for (let at = quote + 1; at < text.length; at++) {
    if (text[at] === '"') return at + 1;
    if (text[at] === '\\') at++;
  }
  return text.length;
}
