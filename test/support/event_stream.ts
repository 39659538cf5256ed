/** A client of server-sent events: keeps what it hears, and waits for what a test wants to hear. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';

export interface Heard {
  type: string;
  [field: string]: unknown;
}

export class EventStream {
  readonly heard: Heard[] = [];
  readonly #news = new EventEmitter();
  readonly #reading: Promise<void>;

  private constructor(body: AsyncIterable<Uint8Array>) {
    this.#reading = this.#read(body);
    // until() and ended() tell of it.
    this.#reading.catch(() => undefined);
  }

  /** Resolves once the server has answered: events after that are heard. */
  static async of(url: string): Promise<EventStream> {
    const response = await fetch(url);
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    assert.ok(response.body);
    return new EventStream(response.body);
  }

  async #read(body: AsyncIterable<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let text = '';
    try {
      for await (const bytes of body) {
        text += decoder.decode(bytes, { stream: true });
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) this.#hear(block);
        this.#news.emit('news');
      }
    } finally {
      this.#news.emit('news');
    }
  }

  #hear(block: string): void {
    if (block.startsWith(':')) return;
    const [, name, data = ''] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? assert.fail(block);
    const event = JSON.parse(data) as Heard;
    assert.equal(event.type, name);
    this.heard.push(event);
  }

  /** The first event that is as wished, among those heard from number `from` on. @throws when the stream ends before */
  async until(wished: (event: Heard) => boolean, from = 0): Promise<Heard> {
    const ended = this.#reading.then(() => true);
    for (;;) {
      const news = once(this.#news, 'news').then(() => false);
      const found = this.heard.slice(from).find(wished);
      if (found !== undefined) return found;
      if (await Promise.race([news, ended])) assert.fail(`ended after ${JSON.stringify(this.heard)}`);
    }
  }

  /** Resolves when the server has ended the stream. */
  ended(): Promise<void> {
    return this.#reading;
  }
}
