import { connect, createServer, type Socket } from 'node:net';

/** What becomes of some bytes: passed on, the connection cut on both sides before they are, or kept without a word. */
export type Fate = 'pass' | 'cut' | 'swallow';

export type TcpProxy = {
  port: number;
  /** Asked for every piece on its way; passes everything until told. */
  decide(rule: (bytes: Buffer, way: 'there' | 'back', connection: number) => Fate): void;
  close(): Promise<void>;
};

/** A wire between a client and 127.0.0.1:`targetPort` that tests can cut at a chosen byte. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  let rule: Parameters<TcpProxy['decide']>[0] = () => 'pass';
  let count = 0;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const connection = count++;
    const target = connect(targetPort, '127.0.0.1');
    const cut = () => {
      client.destroy();
      target.destroy();
    };
    for (const socket of [client, target]) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.on('error', cut);
      socket.on('close', () => {
        open.delete(socket);
        cut();
      });
    }
    const carry = (from: Socket, to: Socket, way: 'there' | 'back') =>
      from.on('data', (bytes: Buffer) => {
        const fate = rule(bytes, way, connection);
        if (fate === 'pass') to.write(bytes);
        if (fate === 'cut') cut();
      });
    carry(client, target, 'there');
    carry(target, client, 'back');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('Not listening on a port');
  return {
    port: address.port,
    decide: (given) => {
      rule = given;
    },
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
