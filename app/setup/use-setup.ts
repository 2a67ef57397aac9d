import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Setup, ShopAnswer } from '../../server/features/settings/api.ts';
import type { SetupStep } from '../../server/features/settings/contract.ts';
import { call } from '../api.ts';
import { shopQuery, useShop } from '../shell/shop.tsx';

/**
 * The steps in order. `connect` is done once there is a GUID; the others when the merchant says so.
 */
export const steps = ['connect', 'lists', 'test', 'history', 'ask'] as const satisfies readonly SetupStep[];

/**
 * How far the first steps are, stored with the shop: they can be interrupted and continued
 * anywhere.
 */
export function useSetup(): {
  setup: Setup;
  markDone(...steps: SetupStep[]): void;
  dismiss(): void;
  hideParts(): void;
  saving: boolean;
  error: unknown;
} {
  const client = useQueryClient();
  const { setup } = useShop();
  const put = useMutation({
    // One after the other, each on top of what is saved by then, whoever saved it.
    scope: { id: 'setup' },
    mutationFn: async (change: (latest: Setup) => Setup) => {
      const latest = await call<ShopAnswer>('GET', '/shop');
      return await call<ShopAnswer>('PUT', '/setup', { body: change(latest.setup) });
    },
    onSuccess: (answer) => client.setQueryData(shopQuery.queryKey, answer),
  });
  return {
    setup,
    markDone: (...steps) => {
      const now = client.getQueryData<ShopAnswer>(shopQuery.queryKey)?.setup ?? setup;
      if (steps.every((step) => now.done.includes(step))) return;
      put.mutate((latest) => ({ ...latest, done: [...new Set([...latest.done, ...steps])] }));
    },
    dismiss: () => put.mutate((latest) => ({ ...latest, dismissed: true })),
    hideParts: () => put.mutate((latest) => ({ ...latest, partsHidden: true })),
    saving: put.isPending,
    error: put.error,
  };
}
