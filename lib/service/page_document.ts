/** What the pages have in common: the frame, the style, and what a browser may do with them. Pure. */
import { createHash } from 'node:crypto';
import { html, Html } from './html.js';

const style = `
body { font: 16px/1.45 system-ui, sans-serif; max-width: 64rem; margin: 1.5rem auto; padding: 0 1rem; color: #222; }
h1 { font-size: 1.3rem; margin-bottom: 0; }
h2 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; }
.where { color: #555; margin-top: .2rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid #ddd; vertical-align: top; }
td.number, th.number { text-align: right; }
td { overflow-wrap: anywhere; }
td.time { white-space: nowrap; }
meter, progress { width: 100%; height: 1.2rem; }
.bad { color: #a40000; font-weight: 600; }
.stale { opacity: .4; }
.stale::before { content: 'The service does not answer; these numbers are old.'; color: #a40000; font-weight: 600; }
input[type=search] { font: inherit; width: min(32rem, 70%); }
ul.flight { list-style: none; padding: 0; margin: .3rem 0; }
ul.flight li { display: flex; gap: 1rem; justify-content: space-between; }
ul.flight span { overflow-wrap: anywhere; }
@media (max-width: 44rem) {
  body { margin: .6rem auto; }
  section { overflow-x: auto; }
  table { width: max-content; min-width: 100%; }
  td { overflow-wrap: normal; max-width: 16rem; }
  td:first-child { overflow-wrap: anywhere; }
}
@media (prefers-color-scheme: dark) {
  body { background: #181a1b; color: #ddd; }
  .where { color: #aaa; }
  th, td { border-color: #444; }
  .bad, .stale::before { color: #ff8080; }
}
`;

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** @param script the only one that may run; without one none may, and forms may ask this service */
export function policyOf(script?: string): string {
  const scripts =
    script === undefined
      ? "form-action 'self'"
      : `script-src ${hash(script)}; connect-src 'self'; form-action 'none'`;
  return `default-src 'none'; ${scripts}; style-src ${hash(style)}; base-uri 'none'; frame-ancestors 'none'`;
}

/** @param script keeps the page fresh; without JavaScript it is loaded again */
export function documentOf(body: Html, script?: string): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>xrootd-archive</title>
        ${script === undefined ? '' : html`<noscript><meta http-equiv="refresh" content="15" /></noscript>`}
        ${new Html(`<style>${style}</style>`)}
      </head>
      <body>
        ${body} ${script === undefined ? '' : new Html(`<script>${script}</script>`)}
      </body>
    </html>`.text;
}
