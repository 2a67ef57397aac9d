import type { IncomingMessage, ServerResponse } from 'node:http';
import { createBodyBudget } from './body-budget.ts';
import { createPieces, growing, PIECE_BYTES } from './growing-body.ts';

/** The most memory all bodies may take, from their first byte until they are answered. */
const BUDGET_BYTES = 32 * 1024 * 1024;
/** How long a body may take to arrive, in milliseconds. */
const BODY_WITHIN_MS = 15_000;
/**
 * A sender that is still sending only reads the answer if we accept its bytes a little longer; none
 * are kept.
 */
const LISTEN_ON_MS = 1000;
/** How long the next piece of such a body has to wait for each other such body, in milliseconds. */
const PIECE_EVERY_MS = 1;
/** How many large bodies go on with their next piece in one turn of the event loop. */
const GO_ON_A_TURN = 4;

/**
 * For an answer to a body that is still being sent: with `close`, Node would end the connection at
 * once, and a sender that is cut off in the middle of its body never reads why.
 */
export const KEPT_OPEN = { connection: 'keep-alive' };

/** Why a body is refused, and with which status. */
const REFUSALS = { body_large: 413, body_slow: 408, body_crowded: 503 } as const;
type Refusal = keyof typeof REFUSALS;
/** The body of such an answer. `max`: how large a body may be, in MB. */
type Say = (code: Refusal, params?: { max: number }) => object;

const MEGABYTE = 1024 * 1024;

export type Intake = {
  /** Returns the whole body, or null: it was answered, or its sender went away. */
  read(req: IncomingMessage, res: ServerResponse, maxBytes: number): Promise<Buffer | null>;
  /**
   * Cuts off a body that is still being sent when its time is up, or after its answer. Must run
   * before everything else.
   */
  guard(req: IncomingMessage, res: ServerResponse, next: () => void): void;
};

/** Whether its own header says that the body is larger. */
export const saysMoreThan = (req: IncomingMessage, maxBytes: number) =>
  Number(req.headers['content-length'] ?? 0) > maxBytes;

function answer(req: IncomingMessage, res: ServerResponse, status: number, said: object): void {
  if (res.headersSent) {
    req.destroy();
    return;
  }
  res.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    ...(req.complete ? {} : KEPT_OPEN),
    ...(status === 503 ? { 'retry-after': '5' } : {}),
  });
  res.end(JSON.stringify(said));
}

/**
 * Has large bodies take their pieces in turn. Node accepts one connection in each turn of the event
 * loop, but would read up to 2 MB from every open one meanwhile: a webhook that arrives among 150
 * others had to wait for all that they send.
 */
function createTurns() {
  const waiting: IncomingMessage[] = [];
  const next = () => {
    for (const req of waiting.splice(0, GO_ON_A_TURN)) req.resume();
    if (waiting.length > 0) setImmediate(next);
  };
  return {
    waitFor: (req: IncomingMessage) => {
      req.pause();
      if (waiting.push(req) === 1) setImmediate(next);
    },
  };
}

/** Every body is read here. Together they stay within a memory budget. */
export function createIntake(say: Say, limits: { bytes?: number; bodyMs?: number; now?: () => number } = {}): Intake {
  const { bytes = BUDGET_BYTES, bodyMs = BODY_WITHIN_MS, now = () => performance.now() } = limits;
  const memory = createPieces();
  const turns = createTurns();
  const budget = createBodyBudget({ bytes, now });
  let refused = 0;

  return {
    read: async (req, res, maxBytes) => {
      // Its sender went away: nothing would ever end the reading.
      if (res.destroyed) return null;
      const answerWith = (code: Refusal) => answer(req, res, REFUSALS[code], say(code, { max: maxBytes / MEGABYTE }));
      if (saysMoreThan(req, maxBytes)) {
        answerWith('body_large');
        return null;
      }
      // Another answer comes first on this connection. A sender who never reads that one would make
      // this body hold its memory for as long. No proxy sends like this.
      if (!res.socket) {
        answerWith('body_crowded');
        req.resume();
        return null;
      }
      return await new Promise((resolve) => {
        const body = growing(memory);
        const stop = () => {
          req.off('data', take);
          body.letGo();
          resolve(null);
        };
        const refuse = (code: Refusal) => {
          stop();
          answerWith(code);
        };
        const one = budget.begin(res, () => refuse('body_crowded'));
        const take = (chunk: Buffer) => {
          const size = body.size() + chunk.length;
          // While it waits, Node may read one more piece ahead.
          const ahead = size > PIECE_BYTES ? PIECE_BYTES : 0;
          if (size > maxBytes) {
            budget.giveUp(one);
            refuse('body_large');
          } else if (budget.makeRoom(one, body.takesWith(chunk.length) + ahead)) {
            body.add(chunk);
            if (ahead > 0) turns.waitFor(req);
          }
        };
        req.on('data', take);
        req.once('end', () => {
          one.done = true;
          resolve(body.whole());
          body.letGo();
        });
        // It was answered midway, or its sender went away: nothing was acknowledged, and none of it counts any more.
        req.once('error', stop);
        res.once('close', stop);
      });
    },
    guard: (req, res, next) => {
      const slow = setTimeout(() => {
        if (!req.complete) answer(req, res, REFUSALS.body_slow, say('body_slow'));
      }, bodyMs);
      res.once('close', () => clearTimeout(slow));
      // Before Node's own listener, which would take an unread body as fast as it comes.
      res.prependOnceListener('finish', () => {
        clearTimeout(slow);
        if (req.complete) return;
        refused += 1;
        req.once('close', () => {
          refused -= 1;
        });
        // A piece at a time: taken as fast as they come, what 150 senders send would fill the memory.
        req.on('data', () => {
          req.pause();
          setTimeout(() => req.resume(), refused * PIECE_EVERY_MS).unref();
        });
        req.resume();
        req.read(0);
        setTimeout(() => req.complete || req.destroy(), LISTEN_ON_MS).unref();
      });
      next();
    },
  };
}
