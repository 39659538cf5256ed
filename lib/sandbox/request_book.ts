/** What is asked of a file's tape copy. */
export interface Recall {
  /** Request ids with the time of each. */
  requests: Map<string, Date>;
  /** Not online yet. */
  waiting: boolean;
  /** Why it can't be staged. */
  error?: string;
  /** Evict requests since it was asked for. */
  evictions: number;
}

/** The stage requests that the robot knows, by path and by request. */
export class RequestBook {
  readonly #recalls = new Map<string, Recall>();
  readonly #paths = new Map<string, string[]>();
  /** The server tells of each request by a process of its own: a cancel may come before what it cancels. */
  readonly #cancelledAhead = new Set<string>();
  /** Requests that wait for a file, by path; also those that the server has let in and not told of yet. */
  readonly #waiting = new Map<string, Set<string>>();

  /** Returns true when the file has to be fetched: it wasn't waited for already, and the request isn't cancelled. */
  add(requestId: string, path: string, time: Date): boolean {
    if (this.#cancelledAhead.delete(`${requestId} ${path}`)) return false;
    const recall = this.#recalls.get(path) ?? {
      ...{ requests: new Map<string, Date>(), waiting: false, evictions: 0 },
    };
    this.#recalls.set(path, recall);
    recall.requests.set(requestId, time);
    const paths = this.#paths.get(requestId) ?? [];
    paths.push(path);
    this.#paths.set(requestId, paths);
    if (recall.waiting) return false;
    recall.waiting = true;
    delete recall.error;
    return true;
  }

  /** Lets a stage request in unless `most` wait for the file already. */
  admit(requestId: string, path: string, most: number): boolean {
    const waiting = this.#waiting.get(path) ?? new Set<string>();
    if (waiting.size >= most) return false;
    this.#waiting.set(path, waiting.add(requestId));
    return true;
  }

  /** Each request keeps the file, until it is evicted as often. Returns true when nobody keeps it any more. */
  unpin(path: string): boolean {
    const recall = this.#recalls.get(path);
    if (recall === undefined) return true;
    recall.evictions += 1;
    return recall.evictions >= recall.requests.size;
  }

  of(path: string): Recall | undefined {
    return this.#recalls.get(path);
  }

  pathsOf(requestId: string): readonly string[] {
    return this.#paths.get(requestId) ?? [];
  }

  done(path: string, error?: string): void {
    this.#waiting.delete(path);
    const recall = this.#recalls.get(path);
    if (recall === undefined) return;
    recall.waiting = false;
    if (error !== undefined) recall.error = error;
  }

  /** Returns true when nobody wants the file any more. */
  cancel(requestId: string, path: string): boolean {
    this.#waiting.get(path)?.delete(requestId);
    const recall = this.#recalls.get(path);
    if (!recall?.requests.delete(requestId)) {
      this.#cancelledAhead.add(`${requestId} ${path}`);
      return false;
    }
    if (recall.requests.size > 0) return false;
    this.#recalls.delete(path);
    return true;
  }

  /** An evicted file is nobody's any more but of those who asked for it since the eviction was asked for. */
  forget(path: string, since: Date): void {
    const recall = this.#recalls.get(path);
    if (recall === undefined) return;
    recall.evictions = 0;
    for (const [id, time] of recall.requests) if (time < since) recall.requests.delete(id);
    if (recall.requests.size === 0) this.#recalls.delete(path);
  }
}
