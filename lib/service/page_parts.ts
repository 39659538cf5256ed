/** What several parts of the status page are made of. */
import { html, type Html } from './html.js';

export function section(title: string, content: Html): Html {
  return html`<section>
    <h2>${title}</h2>
    ${content}
  </section> `;
}

/** To the second, in UTC. */
export function when(time: string): Html {
  return html`<time datetime="${time}">${time.slice(0, 19).replace('T', ' ')} UTC</time>`;
}
