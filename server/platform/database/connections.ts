import { Socket } from 'node:net';
import pg from 'pg';
import { isOutage, isReadOnly } from './outage.ts';

/** How long a connection may take to be made, or to become free, in milliseconds. */
const CONNECT_WITHIN_MS = 2500;
/** How often connections that owe an answer are looked at. */
const LOOK_EVERY_MS = 250;
/** How long one may be silent that was not heard from since another proved dead. */
const SUSPECT_WITHIN_MS = 6000;

/** Its code makes it an outage, as if the system had given the connection up. */
class SilentDatabaseError extends Error {
  override name = 'SilentDatabaseError';
  readonly code = 'ETIMEDOUT';
  constructor() {
    super('The database did not answer in time: the connection was given up');
  }
}

/** A connection that knows how long the server has owed it an answer. By performance.now(). */
class Connection extends pg.Client {
  readonly #socket: Socket;
  #pending = 0;
  heardAt = 0;
  /** Since when the server has said nothing although something was asked; Infinity: it owes nothing. */
  owedSince = Number.POSITIVE_INFINITY;
  limitMs = 0;
  isBroken = false;

  constructor(config?: pg.ClientConfig) {
    const socket = new Socket();
    super({ ...config, stream: () => socket });
    this.#socket = socket;
    // The waiting query fails as well; without a listener here the error would end the process.
    this.on('error', () => {
      this.isBroken = true;
    });
  }

  async ask<Row extends object>(query: string | pg.QueryConfig): Promise<Row[]> {
    if (this.#pending++ === 0) this.owedSince = performance.now();
    try {
      return (await this.query<Row>(query)).rows;
    } finally {
      this.#pending--;
      this.heardAt = performance.now();
      this.owedSince = this.#pending > 0 ? this.heardAt : Number.POSITIVE_INFINITY;
    }
  }

  /** Ends it without a word to the server: what waits for an answer fails at once. */
  cut(): void {
    this.isBroken = true;
    this.#socket.destroy(new SilentDatabaseError());
  }
}

export type Taken = {
  ask<Row extends object>(query: string | pg.QueryConfig): Promise<Row[]>;
  /** Gives the connection up. */
  cut(): void;
  /** @param error what went wrong on it, if anything did */
  giveBack(error?: unknown): void;
};

export type Connections = {
  /** @param limitMs how long the server may be silent when asked something over it */
  take(limitMs: number): Promise<Taken>;
  /** How many were lost or given up so far. */
  lost(): number;
  end(): Promise<void>;
};

/**
 * A pool whose connections are given up when the server does not answer: packets may be dropped on open connections for a quarter
 * of an hour before the system says so, while new ones reach a healthy server. Node cannot set TCP_USER_TIMEOUT, so the time is
 * kept here. Once one has proved dead, the others that were not heard from since are not used again.
 */
export function openConnections(config: pg.ClientConfig & { max: number }): Connections {
  const pool = new pg.Pool({
    ...config,
    Client: Connection,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  const taken = new Set<Connection>();
  let trustedSince = 0;
  let lost = 0;
  // An idle connection that ends is replaced at its next use; without a listener it would end the process.
  pool.on('error', () => {
    lost++;
  });
  pool.on('connect', (client) => {
    if (client instanceof Connection) client.heardAt = performance.now();
  });
  const distrust = (since: number) => {
    trustedSince = Math.max(trustedSince, since);
  };

  let lookedAt = performance.now();
  const looking = setInterval(() => {
    const now = performance.now();
    // A process that stood still has not read what came meanwhile: that time is the server's no more than ours.
    const stoodStill = Math.max(0, now - lookedAt - 2 * LOOK_EVERY_MS);
    lookedAt = now;
    for (const connection of taken) {
      connection.owedSince += stoodStill;
      const suspect = connection.heardAt < trustedSince;
      const limit = suspect ? Math.min(connection.limitMs, SUSPECT_WITHIN_MS) : connection.limitMs;
      if (now - connection.owedSince <= limit) continue;
      distrust(connection.owedSince);
      connection.cut();
    }
  }, LOOK_EVERY_MS);
  looking.unref();

  async function connect(): Promise<pg.PoolClient & Connection> {
    for (;;) {
      const client = await pool.connect().catch((error: unknown) => {
        // All may be held by statements that wait for a dead server.
        distrust(performance.now() - CONNECT_WITHIN_MS);
        throw error;
      });
      if (!(client instanceof Connection)) throw new Error('A connection of another kind came out of the pool');
      if (client.heardAt >= trustedSince) return client;
      lost++;
      client.cut();
      client.release(true);
    }
  }

  return {
    take: async (limitMs) => {
      const client = await connect();
      client.limitMs = limitMs;
      taken.add(client);
      return {
        ask: async (query) => await client.ask(query),
        cut: () => client.cut(),
        giveBack: (error) => {
          taken.delete(client);
          if (isReadOnly(error)) distrust(performance.now());
          const isBad = client.isBroken || isOutage(error);
          if (isBad) {
            lost++;
            client.cut();
          }
          client.release(isBad);
        },
      };
    },
    lost: () => lost,
    end: async () => {
      clearInterval(looking);
      await pool.end();
    },
  };
}
