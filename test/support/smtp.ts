/** A mail server on loopback that keeps what it gets. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export interface ReceivedMail {
  from: string;
  to: string[];
  secure: boolean;
  /** With its headers. */
  text: string;
}

export interface MailServer {
  port: number;
  mails: ReceivedMail[];
  /** The code of the answer to each recipient; 250 to begin with. */
  answer: number;
  close(): Promise<void>;
}

export async function mailServer({ port = 0, tls = false } = {}): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  const state = { answer: 250 };
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    closeTimeout: 1,
    disabledCommands: tls ? [] : ['STARTTLS'],
    onRcptTo(_address, _session, callback) {
      if (state.answer === 250) callback();
      else callback(Object.assign(new Error('not today'), { responseCode: state.answer }));
    },
    onData(stream, session, callback) {
      let text = '';
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          secure: session.secure,
          text,
        });
        callback();
      });
    },
  });
  server.on('error', () => undefined);
  const listening = server.listen(port, '127.0.0.1');
  await once(listening, 'listening');
  return {
    port: (listening.address() as AddressInfo).port,
    mails,
    get answer() {
      return state.answer;
    },
    set answer(code) {
      state.answer = code;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
      }),
  };
}
