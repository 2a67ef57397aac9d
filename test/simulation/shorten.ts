import type { History } from './history.ts';
import { usualRules } from './history.ts';

const inOneShop = ({ second: _, steps, ...history }: History): History => ({
  ...history,
  steps: steps.map(({ shop: _, ...step }) => step),
});

/**
 * Removes what a history can do without. fast-check shortens a list from its start, and keeps what
 * is at its end.
 */
export async function shorten(history: History, shows: (history: History) => Promise<boolean>): Promise<History> {
  let best = history;
  const keep = async (shorter: History) => {
    const isEnough = await shows(shorter);
    if (isEnough) best = shorter;
    return isEnough;
  };
  for (let at = best.steps.length - 1; at >= 0; at--) await keep({ ...best, steps: best.steps.toSpliced(at, 1) });
  for (const [at, step] of best.steps.entries()) {
    const plain = [
      { fate: 'comes' as const },
      { work: true },
      { after: 0 },
      { amid: null },
      { short: false },
      { along: null },
    ];
    for (const change of plain)
      await keep({ ...best, steps: best.steps.with(at, { ...(best.steps[at] ?? step), ...change }) });
  }
  if (best.second) {
    await keep(inOneShop(best));
    if (best.second && best.second.rules !== usualRules)
      await keep({ ...best, second: { ...best.second, rules: usualRules } });
  }
  if (best.refused) await keep({ ...best, refused: 0 });
  if (best.poisoned) await keep({ ...best, poisoned: false });
  if (best.clocks !== undefined) {
    const { clocks: _, ...right } = best;
    await keep(right);
  }
  if (best.behind !== undefined) {
    const { behind: _, ...right } = best;
    await keep(right);
  }
  if (best.workers !== 1) await keep({ ...best, workers: 1 });
  if (best.batch !== undefined) {
    const { batch: _, ...usual } = best;
    await keep(usual);
  }
  if (best.rules !== usualRules) await keep({ ...best, rules: usualRules });
  return best;
}
