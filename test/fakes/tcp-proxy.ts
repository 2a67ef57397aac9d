import { connect, createServer, type Socket } from 'node:net';

/**
 * What happens to some bytes: passed on, the connection cut on both sides before they are, or
 * silently kept.
 */
export type Fate = 'pass' | 'cut' | 'swallow';

export type TcpProxy = {
  port: number;
  /** Called for every chunk; by default everything passes. */
  decide(rule: (bytes: Buffer, way: 'there' | 'back', connection: number) => Fate): void;
  /**
   * From now on nothing gets through on the open connections, and none of them is closed; new ones
   * work as before.
   */
  goDark(): void;
  /** New connections lead to this port, as after a failover. */
  lead(port: number): void;
  close(): Promise<void>;
};

/** A proxy between a client and 127.0.0.1:`targetPort` that tests can cut at a chosen byte. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  let rule: Parameters<TcpProxy['decide']>[0] = () => 'pass';
  let count = 0;
  let dark = 0;
  let leadsTo = targetPort;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const connection = count++;
    const target = connect(leadsTo, '127.0.0.1');
    const cut = () => {
      client.destroy();
      target.destroy();
    };
    /** The end of a connection is a packet too. */
    const ended = () => {
      if (connection >= dark) cut();
    };
    for (const socket of [client, target]) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.on('error', ended);
      socket.on('close', () => {
        open.delete(socket);
        ended();
      });
    }
    const carry = (from: Socket, to: Socket, way: 'there' | 'back') =>
      from.on('data', (bytes: Buffer) => {
        const fate = connection < dark ? 'swallow' : rule(bytes, way, connection);
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
    goDark: () => {
      dark = count;
    },
    lead: (port) => {
      leadsTo = port;
    },
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
