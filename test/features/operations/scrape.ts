import request from 'supertest';
import { type Connector, until } from '../../fakes/connector.ts';

export const TOKEN = 'a-token-of-the-operator';

export const scrape = async (connector: Connector, token = TOKEN) =>
  await request(connector.url).get('/metrics').set('authorization', `Bearer ${token}`);

/**
 * The value of one line: `connector_breakers_open` or
 * `connector_events_unfinished{state="waiting"}`.
 */
export function sample(text: string, series: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

/** Scrapes until the gauges are newer than what was done before. */
export async function fresh(connector: Connector): Promise<string> {
  const since = Date.now();
  return await until('the numbers from the database are renewed', async () => {
    const asked = Date.now();
    const { text } = await scrape(connector);
    const age = sample(text, 'connector_state_age_seconds') ?? Number.POSITIVE_INFINITY;
    return age * 1000 < asked - since ? text : undefined;
  });
}
