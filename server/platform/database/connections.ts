import { Socket } from 'node:net';
import pg from 'pg';
import { asUnconnected, isOutage, isReadOnly } from './outage.ts';

/** How long opening a connection, or waiting for a free one, may take, in milliseconds. */
const CONNECT_WITHIN_MS = 2500;
/**
 * So many stay open when unused. A new one has to read the catalogue and plan every statement again,
 * which costs as much as hundreds of events.
 */
const KEPT = 6;
/** How often to check connections that owe an answer. */
const LOOK_EVERY_MS = 250;
/** Once a connection has proved dead, how long another one may stay silent. */
const SUSPECT_WITHIN_MS = 6000;

/** Its code makes it an outage, as if the system had closed the connection. */
class SilentDatabaseError extends Error {
  override name = 'SilentDatabaseError';
  readonly code = 'ETIMEDOUT';
  constructor() {
    super('The database did not answer in time: the connection was given up');
  }
}

/** A connection that knows how long the server has owed it an answer, by performance.now(). */
class Connection extends pg.Client {
  readonly #socket: Socket;
  #pending = 0;
  heardAt = 0;
  /**
   * Since when the server has been silent although we asked something; Infinity: it owes nothing.
   */
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

  /** Closes it without telling the server: queries waiting for an answer fail at once. */
  cut(): void {
    this.isBroken = true;
    this.#socket.destroy(new SilentDatabaseError());
  }
}

export type Taken = {
  ask<Row extends object>(query: string | pg.QueryConfig): Promise<Row[]>;
  /** Closes the connection for good. */
  cut(): void;
  /** @param error what went wrong on it, if anything */
  giveBack(error?: unknown): void;
};

type Connections = {
  /** @param limitMs how long the server may stay silent after a query on it */
  take(limitMs: number): Promise<Taken>;
  /** How many were lost or closed so far. */
  lost(): number;
  end(): Promise<void>;
};

/**
 * A pool that drops connections when the server doesn't answer. Packets on open connections may be
 * lost for a quarter of an hour before the system reports it, while new connections reach a healthy
 * server. Node can't set TCP_USER_TIMEOUT, so we keep the time here. Once one connection has proved
 * dead, others that have been silent since are not used again.
 */
export function openConnections(config: pg.ClientConfig & { max: number }): Connections {
  const pool = new pg.Pool({
    ...config,
    Client: Connection,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    min: KEPT,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  const taken = new Set<Connection>();
  let trustedSince = 0;
  let lost = 0;
  // An idle connection that closes is replaced at its next use; without a listener it would end the
  // process.
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
    // If this process was paused, it hasn't read what arrived meanwhile: don't count that time
    // against the server.
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
        // All may be held by statements waiting for a dead server.
        distrust(performance.now() - CONNECT_WITHIN_MS);
        throw asUnconnected(error);
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
