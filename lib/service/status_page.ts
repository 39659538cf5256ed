/** The status for people, complete without JavaScript; a little script keeps it fresh. Pure. */
import { bytes, count, duration, plural } from '../rules/quantities.js';
import type { InFlight } from '../jobs/events/events.js';
import type { Health } from './health.js';
import { catalogueAlert, catalogueSection, proofsSection } from './catalogue_section.js';
import { html, type Html } from './html.js';
import { documentOf, policyOf } from './page_document.js';
import { laneOf } from './scheduled_jobs.js';
import { section, when } from './page_parts.js';
import { secondsOf } from './pass_outcome.js';
import type { JobFailures, PassSummary, Running, Status } from './status_board.js';

/** Without JavaScript the whole page is loaded again; with it only its numbers, and faster. */
const script = `
setInterval(async () => {
  const main = document.querySelector('main');
  try {
    const answer = await fetch(location.href, { cache: 'no-store' });
    if (!answer.ok) throw new Error(answer.statusText);
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('main');
    main.replaceWith(fresh);
  } catch (error) {
    main.classList.add('stale');
  }
}, 2000);
`;

/** What a browser may do with the page: run this script, and no other. */
export const PAGE_POLICY = policyOf(script);

/** @param warningMarkPercent where the cache's meter turns to a warning */
export function statusPage(status: Status, health: Health, warningMarkPercent: number): string {
  return documentOf(
    html`<main>
      <h1>xrootd-archive</h1>
      <p class="where">${status.cache ?? 'no cache'} → ${status.target}</p>
      ${health.ok ? '' : html`<p class="bad" role="alert">${health.text}</p>`} ${catalogueAlert(status)}
      ${cache(status, warningMarkPercent)} ${current(status)} ${waiting(status)} ${passes(status)}
      ${failures(status)} ${catalogueSection(status)} ${proofsSection(status)}
      <p class="where">As of ${when(status.now)}; running since ${when(status.startedAt)}.</p>
    </main>`,
    script,
  );
}

function cache({ usage }: Status, warningMarkPercent: number): Html {
  if (usage === null) return section('Cache', html`<p>Not looked at yet.</p>`);
  const { usedPercent, used, available, warning, at } = usage;
  return section(
    'Cache',
    html`<meter min="0" max="100" high="${warningMarkPercent}" optimum="0" value="${usedPercent}">
        ${usedPercent} %
      </meter>
      <p class="${warning ? 'bad' : ''}">
        ${usedPercent} % full: ${bytes(used)} used, ${bytes(available)} left
        ${warning ? `(above the warning mark of ${warningMarkPercent} %)` : ''}
      </p>
      <p class="where">Looked at ${when(at)}.</p>`,
  );
}

function current({ running, planned, now }: Status): Html {
  const soon = planned.filter(
    ({ at, job }) => at > now || !running.some((pass) => laneOf(pass.job) === laneOf(job)),
  );
  return section(
    'Now',
    html`${running.length === 0 ? html`<p>No pass is running.</p>` : running.map((pass) => runs(pass, now))}
    ${planned.length === 0 ? html`<p>No pass is planned.</p>` : ''}
    ${soon.map(({ job, at }) => html`<p>The next pass is planned for ${when(at)} (${job}).</p> `)}`,
  );
}

function runs({ job, startedAt, dryRun, progress }: Running, now: string): Html {
  const since = duration(secondsOf({ startedAt, finishedAt: now }));
  const what = html`<p>
    <strong>${job}${dryRun ? ' (dry run)' : ''}</strong> has been running for ${since}.
  </p> `;
  if (progress === null) return what;
  const { filesDone, filesKnown, bytesDone, bytesKnown, walkDone, rate, etaSeconds, copying, inFlight } =
    progress;
  const more = walkDone ? '' : ' and more';
  const bar =
    walkDone && bytesKnown > 0
      ? html`<progress max="${bytesKnown}" value="${bytesDone}"></progress>`
      : html`<progress></progress>`;
  return html`${what} ${bar}
    <p>
      ${count(filesDone)} of ${plural(filesKnown, 'file')}${more}, ${bytes(bytesDone)} of
      ${bytes(bytesKnown)}${more}; ${bytes(rate)}/s, ${plural(copying, 'copy', 'copies')} in
      flight${etaSeconds === null ? '' : `, ${duration(etaSeconds)} left`}
    </p>
    ${inFlight.length === 0 ? '' : flying(inFlight, copying)}`;
}

function flying(named: readonly InFlight[], copying: number): Html {
  const more = copying - named.length;
  return html`<ul class="flight">
    ${named.map(({ path, bytes: moved, size }) => html`<li><span>${path}</span> <span>${bytes(moved)} of ${bytes(size)}</span></li> `)}
    ${more > 0 ? html`<li class="where">and ${plural(more, 'other')}</li>` : ''}
  </ul>`;
}

function waiting({ waitingForTape: wait, now }: Status): Html {
  if (wait === null) return section('Waiting for tape', html`<p>No backup has told it yet.</p>`);
  const { files, bytes: size, oldest, overdue, at } = wait;
  const age = oldest && duration(secondsOf({ startedAt: oldest.since, finishedAt: now }));
  return section(
    'Waiting for tape',
    html`<p>
        ${plural(files, 'record')} in the cache without an identical copy on tape (${bytes(size)}).
        ${oldest && age ? html`The oldest has waited for ${age}, since ${when(oldest.since)}: ${oldest.path}` : ''}
      </p>
      ${overdue > 0 ? html`<p class="bad">${plural(overdue, 'record')} waited too long.</p>` : ''}
      <p class="where">By the backup that ended at ${when(at)}.</p>`,
  );
}

function passes({ passes: all }: Status): Html {
  if (all.length === 0) return section('Last passes', html`<p>None since the service started.</p>`);
  return section(
    'Last passes',
    html`<table>
      <thead>
        <tr>
          <th>Pass</th>
          <th>Started</th>
          <th class="number">Took</th>
          <th>Ended</th>
          <th class="number">Copied</th>
          <th class="number">Removed</th>
          <th class="number">Kept</th>
          <th class="number">Failed</th>
        </tr>
      </thead>
      <tbody>
        ${all.map(row)}
      </tbody>
    </table>`,
  );
}

function row(pass: PassSummary): Html {
  const {
    job,
    dryRun,
    startedAt,
    outcome,
    error,
    warnings = [],
    copied,
    removed,
    removedAfterCopy,
    kept,
  } = pass;
  const failed = pass.failed + pass.conflicts;
  const ended = [error === undefined ? outcome : `${outcome}: ${error.message}`, ...warnings].join('; ');
  return html`<tr>
    <td>${job}${dryRun ? ' (dry run)' : ''}</td>
    <td class="time">${when(startedAt)}</td>
    <td class="number">${duration(secondsOf(pass))}</td>
    <td class="${outcome === 'ok' && warnings.length === 0 ? '' : 'bad'}">${ended}</td>
    <td class="number">${count(copied)} (${bytes(pass.bytesCopied)})</td>
    <td class="number">${count(removed + removedAfterCopy)} (${bytes(pass.bytesRemoved)})</td>
    <td class="number">${count(kept)}</td>
    <td class="number ${failed > 0 ? 'bad' : ''}">${count(failed)}</td>
  </tr> `;
}

function failures({ failures: all }: Status): Html {
  return section(
    'Failures',
    all.length === 0 ? html`<p>None in the last pass.</p>` : html`${all.map(failuresOf)}`,
  );
}

function failuresOf({ job, total, first }: JobFailures): Html {
  const more = total > first.length ? ` The first ${count(first.length)}:` : '';
  return html`<p>${plural(total, 'file')} in the last ${job} pass.${more}</p>
    <table>
      <thead>
        <tr>
          <th>File</th>
          <th>Code</th>
          <th>Message</th>
        </tr>
      </thead>
      <tbody>
        ${first.map(
          ({ path, code, message }) =>
            html`<tr>
              <td>${path}</td>
              <td>${code}</td>
              <td>${message}</td>
            </tr> `,
        )}
      </tbody>
    </table>`;
}
