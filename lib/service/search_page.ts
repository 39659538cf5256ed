/** The page on which people search the catalogue; it needs no script. Pure. */
import { bytes, count } from '../rules/quantities.js';
import { html } from './html.js';
import { documentOf } from './page_document.js';
import { section, when } from './page_parts.js';
import { MOST_FOUND, type Found } from './search.js';

/** @param words what was searched for; empty: nothing yet */
export function searchPage(words: string, { records, note }: Found): string {
  const result =
    words === ''
      ? html`<p class="where">
          A part of a name, or a glob like <code>2026/*/shot-?.h5</code>; at most ${count(MOST_FOUND)} are
          shown.
        </p>`
      : section(
          'Found',
          html`${note === undefined ? '' : html`<p>${note}</p>`} ${records.length === 0 ? '' : table(records)}`,
        );
  return documentOf(
    html`<h1>Search the catalogue</h1>
      <p class="where"><a href="/">Status</a></p>
      <form method="get" action="/find" role="search">
        <input type="search" name="q" value="${words}" aria-label="Part of a name" autofocus />
        <button>Search</button>
      </form>
      ${result}`,
  );
}

function table(records: Found['records']) {
  return html`<table>
    <thead>
      <tr>
        <th>Record</th>
        <th>Where</th>
        <th>Since</th>
        <th class="number">Size</th>
        <th>Checksum</th>
      </tr>
    </thead>
    <tbody>
      ${records.map(
        ({ path, state, stateSince, size, checksums }) =>
          html`<tr>
            <td>${path}</td>
            <td class="${state === 'lost' ? 'bad' : ''}">${state.replaceAll('_', ' ')}</td>
            <td class="time">${stateSince === null ? '' : when(stateSince.toISOString())}</td>
            <td class="number">${bytes(size)}</td>
            <td>${checksums[0] === undefined ? '' : `${checksums[0].type}:${checksums[0].value}`}</td>
          </tr> `,
      )}
    </tbody>
  </table>`;
}
