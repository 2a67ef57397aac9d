import { useQueryClient } from '@tanstack/react-query';
import { call, isRefused } from '../api.ts';
import { showErrorToast } from '../app-bridge.ts';
import {
  type Draft,
  documentOf,
  draftOf,
  type Faults,
  faultsOf,
  type SettingsAnswer,
  withoutChanged,
} from '../settings/draft.ts';
import { firstTestKey, settingsQuery } from '../settings/use-settings-form.ts';
import { titleOf } from '../shell/failure.tsx';
import { useFormat } from '../shell/shop.tsx';
import { useAction } from '../shell/use-action.ts';

/** Some settings, made from those that are saved now, whoever saved them. */
type Part = (saved: SettingsAnswer) => Partial<Draft>;

export type SavePart = {
  save(part: Part, after: () => void | Promise<void>, refused?: (faults: Faults) => void): void;
  saving: boolean;
  faults: Faults;
  /** Why it failed, if not because of a field. */
  failure: unknown;
};

const faultsIn = (error: unknown) => (isRefused(error) ? error.faults : []);

/** Saves some of the settings and leaves the others as they are. @param answers what is on the page */
export function useSavePart(answers: Partial<Draft>): SavePart {
  const client = useQueryClient();
  const format = useFormat();
  const put = useAction({
    mutationFn: async ({ part }: { part: Part; answers: Partial<Draft> }) => {
      const saved = await client.fetchQuery({ ...settingsQuery, staleTime: 0 });
      const changed = part(saved);
      const answer = await call<SettingsAnswer>('PUT', '/settings', {
        body: documentOf({ ...draftOf(saved), ...changed }),
      });
      if (changed.guid) client.removeQueries({ queryKey: firstTestKey });
      return answer;
    },
    onError: (error) => showErrorToast(titleOf(error)),
    onSuccess: async (answer) => {
      client.setQueryData(settingsQuery.queryKey, answer);
      await Promise.all([['overview'], ['shop']].map((queryKey) => client.invalidateQueries({ queryKey })));
    },
  });
  return {
    // By the promise: a callback of `mutate` isn't called once the overview, refreshed, shows no form any more.
    save: (part, after, refused) =>
      void put.mutateAsync({ part, answers })?.then(
        () => void after(),
        (error: unknown) => refused?.(faultsOf(faultsIn(error), format)),
      ),
    saving: put.isPending,
    faults: faultsOf(withoutChanged(faultsIn(put.error), put.variables?.answers ?? {}, answers), format),
    failure: isRefused(put.error) ? null : put.error,
  };
}
