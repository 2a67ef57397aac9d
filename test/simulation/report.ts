/** Describes a history, and what was wrong in it, so that a person can follow. */
import { DAY, type History, HOUR, MINUTE, SECOND, type Step, usualRules } from './history.ts';
import type { Found, Result } from './search.ts';

function duration(ms: number): string {
  if (ms < 0) return `-${duration(-ms)}`;
  if (ms >= DAY) return `${ms / DAY} d`;
  if (ms >= HOUR) return `${ms / HOUR} h`;
  if (ms >= MINUTE) return `${ms / MINUTE} min`;
  return `${ms / SECOND} s`;
}

function sayStep({
  after,
  fate,
  work,
  shop = 0,
  amid = null,
  short = false,
  along = null,
  do: kind,
  ...own
}: Step): string {
  const details = Object.entries(own).map(([key, value]) => {
    const isTime = key === 'age' && typeof value === 'number';
    return `${key} ${isTime ? duration(value) : JSON.stringify(value)}`;
  });
  const notes = [
    ...(fate === 'comes' ? [] : [fate]),
    ...(work ? [] : ['the app isn’t working yet']),
    ...(short ? ['shortened'] : []),
    ...(along ? [`${along} it, a message about the customer`] : []),
    ...(amid ? [`while ${amid === 'shopify' ? 'Shopify' : 'Ascent360'}’s next answer is on its way`] : []),
  ];
  const where = shop === 0 ? '' : 'in the second shop, ';
  return `+${duration(after)}: ${where}${[kind, ...details].join(', ')}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`;
}

function sayShop({ access, rules }: Pick<History, 'access' | 'rules'>): string {
  const settings = JSON.stringify(rules) === JSON.stringify(usualRules) ? 'the usual settings' : JSON.stringify(rules);
  return `${access ? 'Shopify can be asked' : 'Shopify cannot be asked'}; ${settings}`;
}

export function sayHistory({
  access,
  workers = 1,
  clocks = [],
  behind = 0,
  batch,
  rules,
  refused = 0,
  poisoned = false,
  second,
  steps,
}: History): string {
  const few = batch === undefined ? '' : `batches of ${batch}; `;
  const many = workers > 1 ? `${workers} processes; ` : '';
  const off = clocks.map((ms) => duration(ms)).join(' and ');
  const fast = clocks.some((ms) => ms !== 0) ? `clocks ahead by ${off}; ` : '';
  const late = behind > 0 ? `clocks behind Shopify’s by ${duration(behind)}; ` : '';
  const no = refused > 0 ? `${refused} of the first requests refused; ` : '';
  const never = poisoned ? 'the first customer’s records refused; ' : '';
  const shops = [
    `  ${many}${fast}${late}${few}${no}${never}${sayShop({ access, rules })}`,
    ...(second ? [`  a second shop: ${sayShop(second)}`] : []),
  ];
  return [...shops, ...steps.map((step) => `  ${sayStep(step)}`)].join('\n');
}

export const sayFound = ({ seed, history, what }: Found): string =>
  [
    `Seed ${seed}:`,
    ...what.map((one) => `  ! ${one}`),
    sayHistory(history),
    `  as JSON: ${JSON.stringify(history)}`,
  ].join('\n');

export function sayResult(result: Result, run: { seconds: number; processorMs: number; seed: number }): string {
  const { histories, events, flags, crashes, found, seeds } = result;
  const rate = Math.round((histories / run.seconds) * 60);
  return [
    `${histories} histories, ${events} events, ${flags} flags, ${crashes} crashes, ${found.length} kinds of violation`,
    `seeds ${run.seed} to ${run.seed + seeds - 1}, ${rate} histories a minute, ${(run.processorMs / histories).toFixed(1)} ms of processor time each`,
  ].join('; ');
}
