import assert from 'node:assert/strict';
import { sendDatagram } from '../../lib/posix/index.js';
import { NotifySocket } from '../support/notify_socket.js';
import { withTemp } from '../support/temporary.js';

describe('a message to a local datagram socket', () => {
  it('comes as it is, to a path and to an abstract name', async () => {
    await withTemp(async (directory) => {
      for (const path of [`${directory}/notify`, `@${directory}`]) {
        await using socket = await NotifySocket.listen(path);
        sendDatagram(path, 'READY=1\nSTATUS=naïve');
        sendDatagram(path, 'STOPPING=1');
        await socket.until(({ length }) => length === 2);
        assert.deepEqual(socket.messages, ['READY=1\nSTATUS=naïve', 'STOPPING=1']);
      }
    });
  });

  it('is a system error when nobody is there', async () => {
    await withTemp(async (directory) => {
      const path = `${directory}/notify`;
      assert.throws(() => sendDatagram(path, 'x'), { code: 'ENOENT', syscall: 'sendto' });
      {
        await using _ = await NotifySocket.listen(path);
      }
      assert.throws(() => sendDatagram(path, 'x'), { code: 'ECONNREFUSED' });
      assert.throws(() => sendDatagram(`/${'x'.repeat(108)}`, 'x'), { code: 'ENAMETOOLONG' });
      assert.throws(() => sendDatagram(path, 'x'.repeat(2 ** 24)), { code: /^E/ });
    });
  });
});
