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
    mutationFn: (body: Setup) => call<ShopAnswer>('PUT', '/setup', { body }),
    onSuccess: (answer) => client.setQueryData(shopQuery.queryKey, answer),
  });
  return {
    setup,
    markDone: (...steps) => {
      const added = steps.filter((step) => !setup.done.includes(step));
      if (added.length > 0) put.mutate({ ...setup, done: [...setup.done, ...added] });
    },
    dismiss: () => put.mutate({ ...setup, dismissed: true }),
    hideParts: () => put.mutate({ ...setup, partsHidden: true }),
    saving: put.isPending,
    error: put.error,
  };
}
