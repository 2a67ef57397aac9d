import { useQueryClient } from '@tanstack/react-query';
import type { ShopAnswer } from '../../server/features/settings/api.ts';
import { ApiError, call } from '../api.ts';
import { showErrorToast, showToast } from '../app-bridge.ts';
import { shopQuery, useFormat, useShop } from '../shell/shop.tsx';
import { useAction } from '../shell/use-action.ts';
import { say, textsOf } from '../texts.ts';
import { stateName } from './applied.ts';
import { noFilter, partsOf } from './filter.ts';
import { savedViews, standardViews, type View, type Views } from './views.ts';

const t = textsOf('activity.views');

type Change = { method: 'PUT'; view: Omit<View, 'isOwn'> } | { method: 'DELETE'; view: Pick<View, 'id'> };

/** The standard views and those that are saved for everybody in the shop. */
export function useViews() {
  const client = useQueryClient();
  const shop = useShop();
  const format = useFormat();
  const views: Views = [
    { id: 'all', name: t('all'), filter: noFilter, isOwn: false },
    ...standardViews.map(({ id, filter }) => ({ id, name: stateName(id), filter, isOwn: false })),
    ...savedViews(shop.views),
  ];
  const { mutateAsync } = useAction({
    mutationFn: ({ method, view }: Change) =>
      call<ShopAnswer>(method, `/views/${view.id}`, {
        ...(method === 'PUT' && { body: { name: view.name, filter: partsOf(view.filter) } }),
      }),
    onSuccess: (answer) => client.setQueryData(shopQuery.queryKey, answer),
  });
  /** Makes a change; a toast says whether it worked. @returns whether it did */
  const change = async (one: Change, done: string): Promise<boolean> => {
    try {
      if ((await mutateAsync(one)) === null) return false;
      showToast(done);
      return true;
    } catch (error) {
      const [fault] = error instanceof ApiError ? error.faults : [];
      showErrorToast(fault ? say(fault.text, format) : t('notSaved'));
      return false;
    }
  };
  return {
    views,
    save: (view: Omit<View, 'isOwn'>) => change({ method: 'PUT', view }, t('saved')),
    remove: (view: Pick<View, 'id'>) => change({ method: 'DELETE', view }, t('deleted')),
  };
}
