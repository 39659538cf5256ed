/** The catalogue on the status page. Pure. */
import { bytes, count, plural } from '../rules/quantities.js';
import type { CatalogueFacts, ProvenPart } from './catalogue_view.js';
import type { RememberedProof } from './remembered_proof.js';
import { html, type Html } from './html.js';
import { forgetCommand, LOST_ADVICE } from './lost_records.js';
import { section, when } from './page_parts.js';
import type { Status } from './status_board.js';

type Told = Pick<Status, 'catalogue'>;

/** For the top of the page. */
export function catalogueAlert({ catalogue }: Told): Html {
  if (catalogue?.nothing?.isFault === true)
    return html`<p class="bad" role="alert">The catalogue cannot be read: see below.</p>`;
  const lost = catalogue?.facts?.records.lost.records ?? 0;
  if (lost === 0) return html``;
  return html`<p class="bad" role="alert">The server has lost ${plural(lost, 'record')}: see below.</p>`;
}

export function catalogueSection({ catalogue }: Told): Html {
  if (catalogue === null) return section('Catalogue', html`<p>Not read yet.</p>`);
  const { at, file, nothing, facts } = catalogue;
  return section(
    'Catalogue',
    html`${nothing === null ? '' : html`<p class="${nothing.isFault ? 'bad' : ''}">${nothing.text}</p> `}
      ${facts === null ? '' : html`${numbers(facts)} ${lost(facts)}`}
      <p class="where">
        ${file === null ? '' : `${file}, `}read ${when(at)}. <a href="/find">Search it</a>
      </p>`,
  );
}

function numbers({ records, overdue, fileBytes, lastSegment }: CatalogueFacts): Html {
  const { in_cache: inCache, waiting, on_tape: onTape, lost: gone } = records;
  const all = [inCache, waiting, onTape, gone];
  const known = all.reduce((sum, { records: each }) => sum + each, 0);
  const size = all.reduce((sum, { bytes: each }) => sum + each, 0);
  return html`<p>
      ${plural(known, 'record')} known (${bytes(size)}): ${count(onTape.records)} on tape
      (${bytes(onTape.bytes)}), ${count(waiting.records)} waiting for tape after they have left the cache
      (${bytes(waiting.bytes)}), ${count(inCache.records)} in the cache and not on tape
      (${bytes(inCache.bytes)}).
    </p>
    ${overdue > 0 ? html`<p class="bad">${plural(overdue, 'record')} that left the cache waited too long for tape.</p>` : ''}
    <p class="where">
      Its file has ${bytes(fileBytes)}.
      ${lastSegment > 0 ? `The last segment on the server has the number ${lastSegment}.` : 'No segment is on the server yet.'}
    </p>`;
}

function lost({ records, lost: first }: CatalogueFacts): Html {
  const total = records.lost.records;
  if (total === 0) return html``;
  const more = total > first.length ? ` The first ${count(first.length)}:` : '';
  return html`<p class="bad">
      ${plural(total, 'record')} lost: the server has them no longer, or with other bytes.
    </p>
    <p>${LOST_ADVICE}.${more}</p>
    <table>
      <thead>
        <tr>
          <th>Lost record</th>
          <th>Found out</th>
          <th>What is wrong</th>
          <th>To accept the loss</th>
        </tr>
      </thead>
      <tbody>
        ${first.map(
          ({ path, size, since, reason }) =>
            html`<tr>
              <td>${path} (${bytes(size)})</td>
              <td class="time">${when(since)}</td>
              <td>${reason}</td>
              <td><code>${forgetCommand(path)}</code></td>
            </tr> `,
        )}
      </tbody>
    </table>`;
}

export function proofsSection({ catalogue }: Told): Html {
  const facts = catalogue?.facts;
  if (facts == null) return html``;
  const { audit, drill, audited, lastAudited, provenSince, wrong, parts, records } = facts;
  const known = Object.values(records).reduce((sum, each) => sum + each.records, 0);
  if (known === 0) return html``;
  const percent = Math.floor((audited / known) * 1000) / 10;
  return section(
    'Audits and drills',
    html`<p>${proof('audit', audit)} ${proof('drill', drill)}</p>
      <p>
        ${count(audited)} of ${plural(known, 'record')} audited (${percent}
        %)${lastAudited === null ? '' : html`, the last one ${when(lastAudited)}`}.
        ${
          provenSince === null
            ? 'Some were never compared with the server.'
            : html`Each was compared with the server, by a pass or an audit, after ${when(provenSince)}.`
        }
      </p>
      ${wrong > 0 ? html`<p class="bad">Audits found ${plural(wrong, 'record')} wrong.</p>` : ''}
      <table>
        <thead>
          <tr>
            <th>Part</th>
            <th class="number">Records</th>
            <th class="number">Audited</th>
            <th>All compared after</th>
            <th class="number">Wrong</th>
          </tr>
        </thead>
        <tbody>
          ${parts.map(row)}
        </tbody>
      </table>`,
  );
}

function row({ name, records, audited, provenSince, wrong }: ProvenPart): Html {
  return html`<tr>
    <td>${name === '.' ? 'in no directory' : name}</td>
    <td class="number">${count(records)}</td>
    <td class="number">${count(audited)}</td>
    <td class="time">${provenSince === null ? 'not all yet' : when(provenSince)}</td>
    <td class="number ${wrong > 0 ? 'bad' : ''}">${count(wrong)}</td>
  </tr> `;
}

function proof(what: string, last: RememberedProof | null): Html {
  if (last === null) return html`No ${what} yet.`;
  const { finishedAt, outcome, error, verified, failed } = last;
  const found = error ?? `${plural(verified, 'file')} verified, ${count(failed)} failed`;
  return html`Last ${what}: ${when(finishedAt)},
    <span class="${outcome === 'ok' ? '' : 'bad'}">${outcome}</span> (${found}).`;
}
