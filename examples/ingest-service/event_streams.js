/** Server-sent events: each client hears what is sent from now on. */

/** A client that reads more slowly than this many bytes behind is let go; its browser connects again. */
const mostBehind = 1024 * 1024;

export class EventStreams {
  /** @type {Set<import('node:http').ServerResponse>} */
  #clients = new Set();

  /** @param {import('node:http').ServerResponse} response stays open until its client leaves, or `end()` */
  add(response) {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    response.write(': hello\n\n');
    this.#clients.add(response);
    response.on('close', () => this.#clients.delete(response));
  }

  /** @param {import('xrootd-archive').ArchiveEvent | { type: string, path?: string, message?: string }} event of the archive, or ours */
  send(event) {
    // JSON has no line ends, which would end an event.
    const text = `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
    for (const client of this.#clients) {
      if (client.writableLength > mostBehind) client.destroy();
      else client.write(text);
    }
  }

  end() {
    for (const client of this.#clients) client.end();
  }
}
