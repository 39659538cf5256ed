/** Mail to a real SMTP server in this process. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { resolveOptions } from '../../lib/config/index.js';
import type { JobEvent } from '../../lib/jobs/events/events.js';
import { mailSender } from '../../lib/service/mail_sender.js';
import { Mailer } from '../../lib/service/mailer.js';
import { Monitor } from '../../lib/service/monitor.js';
import { keepingLogger, withArchive } from '../support/archive.js';
import { closedPort } from '../support/ports.js';
import { disk, failure, finished } from '../support/reports.js';
import { silentListener } from '../support/silent.js';
import { mailServer } from '../support/smtp.js';

const hour = 3_600_000;
const limits = { answer: 1000, whole: 2000 };
const failing = (...paths: string[]) =>
  finished({ failed: paths.length, failures: paths.map((path) => failure(path)) });
const full: JobEvent = { type: 'usage', warning: true, ...disk(93) };

function mailerAt(port: number) {
  const { logger, lines } = keepingLogger();
  const config = (targets: string[]) =>
    resolveOptions({
      ...{ cacheDirectory: '/cache', targetUrl: 'root://host//base' },
      mail: { host: '127.0.0.1', port, fromAddr: 'Archive <archive@example.org>', toAddrs: targets },
    });
  const state = {
    now: Date.parse('2026-03-01T03:10:00Z'),
    config: config(['a@example.org', 'b@example.org']),
  };
  const mailer = new Mailer({
    ...{ config: () => state.config, logger, now: () => state.now },
    send: mailSender(limits),
  });
  const reconfigure = (...targets: string[]) => {
    state.config = config(targets);
  };
  /** Everything that came of these events is done when it resolves. */
  const hear = async (...events: JobEvent[]) => {
    for (const event of events) mailer.hear(event);
    await mailer.settled();
  };
  return { state, reconfigure, hear, warnings: () => lines.filter(({ level }) => level === 'warn') };
}

describe('mail', () => {
  it('is one a pass, to all, with everything that is new', async () => {
    const server = await mailServer();
    try {
      const { hear, warnings } = mailerAt(server.port);
      await hear(full, failing('a', 'b'));
      const [mail, ...others] = server.mails;
      assert.deepEqual([others.length, warnings().length], [0, 0]);
      assert.equal(mail?.from, 'archive@example.org');
      assert.deepEqual(mail.to, ['a@example.org', 'b@example.org']);
      assert.match(mail.text, /^Subject: xrootd-archive on .*cache disk filling,\s+2 files failed\r$/m);
      assert.match(mail.text, /a: stat root:\/\/host\/\/base\/a: no such file/);
      assert.match(mail.text, /93 % full/);
    } finally {
      await server.close();
    }
  });

  it('is encrypted where the server offers it, and sent all the same where it does not', async () => {
    for (const tls of [true, false]) {
      const server = await mailServer({ tls });
      try {
        await mailerAt(server.port).hear(failing('a'));
        assert.deepEqual(
          server.mails.map(({ secure }) => secure),
          [tls],
        );
      } finally {
        await server.close();
      }
    }
  });

  it('is not sent for a good pass, nor for a dry run', async () => {
    const server = await mailServer();
    try {
      await mailerAt(server.port).hear(finished({ copied: 7 }), finished({ dryRun: true, failed: 1 }), {
        ...{ type: 'usage', warning: false },
        ...disk(10),
      });
      assert.deepEqual(server.mails, []);
    } finally {
      await server.close();
    }
  });

  it('does not tell the same trouble again before repeat_after; what is new comes at once', async () => {
    const server = await mailServer();
    try {
      const { state, hear } = mailerAt(server.port);
      await hear(failing('a'));
      state.now += 19 * hour;
      await hear(failing('a'));
      assert.equal(server.mails.length, 1);
      await hear(failing('a', 'new'));
      assert.equal(server.mails.length, 2);
      assert.match(server.mails[1]?.text ?? '', /1 file failed/);
      assert.match(server.mails[1]?.text ?? '', /Still there, and told in an earlier mail: 1\r/);
      state.now += hour;
      await hear(failing('a', 'new'));
      assert.match(server.mails[2]?.text ?? '', /^ {2}a: stat/m);
      assert.doesNotMatch(server.mails[2]?.text ?? '', /^ {2}new: stat/m);
    } finally {
      await server.close();
    }
  });

  it('tells of a lost record once, whoever finds it, and again until somebody resolves it', async () => {
    const server = await mailServer();
    try {
      const { state, hear } = mailerAt(server.port);
      const lost = (job: 'backup' | 'verify') =>
        finished({ job, failed: 1, failures: [failure('2026/shot-1.h5', 'LostCopy')] });
      await hear(lost('backup'));
      await hear(lost('verify'));
      assert.equal(server.mails.length, 1);
      assert.match(server.mails[0]?.text ?? '', /^Subject: .*1 record lost\r$/m);
      assert.match(server.mails[0]?.text ?? '', /^ {2}2026\/shot-1\.h5: /m);
      state.now += 20 * hour;
      await hear(lost('backup'));
      assert.equal(server.mails.length, 2);
      state.now += 20 * hour;
      await hear(finished());
      assert.equal(server.mails.length, 2);
    } finally {
      await server.close();
    }
  });

  it('goes to whom the configuration names by then', async () => {
    const server = await mailServer();
    try {
      const { hear, reconfigure } = mailerAt(server.port);
      reconfigure('new@example.org');
      await hear(failing('a'));
      assert.deepEqual(server.mails[0]?.to, ['new@example.org']);
    } finally {
      await server.close();
    }
  });

  it('takes what happens while one is under way into the next one', async () => {
    const server = await mailServer();
    try {
      const { hear } = mailerAt(server.port);
      await hear(failing('a'), failing('b'), failing('b', 'c'));
      assert.equal(server.mails.length, 2);
      assert.match(server.mails[1]?.text ?? '', /2 files failed/);
    } finally {
      await server.close();
    }
  });

  it('that could not be sent goes after the next pass, even if that one is good', async () => {
    const port = await closedPort();
    const { hear, warnings } = mailerAt(port);
    await hear(failing('a'));
    const [warning] = warnings();
    assert.match(warning?.message ?? '', /^a mail could not be sent/);
    assert.match(String(warning?.fields['error']), /ECONNREFUSED/);
    const server = await mailServer({ port });
    try {
      await hear(finished());
      assert.match(server.mails[0]?.text ?? '', /^ {2}a: stat/m);
      await hear(failing('a'));
      assert.equal(server.mails.length, 1);
    } finally {
      await server.close();
    }
  });

  it('that the server refuses is a warning with its words', async () => {
    const server = await mailServer();
    try {
      server.answer = 451;
      const { hear, warnings } = mailerAt(server.port);
      await hear(failing('a'));
      assert.match(String(warnings()[0]?.fields['error']), /451.*not today/);
      server.answer = 250;
      await hear(failing('a'));
      assert.equal(server.mails.length, 1);
    } finally {
      await server.close();
    }
  });

  it('to a server that never answers, or answers a little for ever, is given up', async () => {
    const silent = await silentListener();
    const slow = createServer((socket) => {
      const timer = setInterval(() => socket.write('220-wait\r\n'), 50);
      socket.on('error', () => undefined).on('close', () => clearInterval(timer));
    }).listen(0, '127.0.0.1');
    await once(slow, 'listening');
    try {
      for (const port of [Number(new URL(silent.url).port), (slow.address() as AddressInfo).port]) {
        const { hear, warnings } = mailerAt(port);
        const started = performance.now();
        await hear(failing('a'));
        assert.ok(performance.now() - started < 10_000);
        assert.equal(warnings().length, 1);
      }
    } finally {
      silent.close();
      slow.close();
    }
  });

  it('hurts no pass: one beside a server that never answers ends as if there were none', async () => {
    const silent = await silentListener();
    const port = Number(new URL(silent.url).port);
    try {
      await withArchive({}, async ({ archive, cache }) => {
        const { logger, lines } = keepingLogger();
        const mail = { host: '127.0.0.1', port, fromAddr: 'a@example.org', toAddrs: 'b@example.org' };
        const watched = archive({ mail });
        const monitor = new Monitor(() => watched.config, logger);
        watched.onAny(monitor.hear);
        await watched.put('a', Buffer.from('a'));
        await writeFile(join(cache, 'wh?t'), 'no name for XRootD');
        const report = await watched.backup();
        assert.deepEqual([report.copied, report.failed], [1, 1]);
        // The mail is still waiting for the server, and the pass was not.
        assert.equal(lines.length, 0);
        silent.close();
        await monitor.stop();
        assert.match(lines[0]?.message ?? '', /^a mail could not be sent/);
      });
    } finally {
      silent.close();
    }
  });
});
