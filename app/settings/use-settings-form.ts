import { type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { call, get, isRefused } from '../api.ts';
import { showErrorToast, showToast } from '../app-bridge.ts';
import { titleOf } from '../shell/failure.tsx';
import { useFormat } from '../shell/shop.tsx';
import { useAction } from '../shell/use-action.ts';
import { textAt } from '../texts.ts';
import {
  type Draft,
  documentOf,
  draftOf,
  type Edit,
  editOn,
  type Faults,
  faultsOf,
  isDirty,
  type SettingsAnswer,
  withoutChanged,
} from './draft.ts';

export const settingsQuery = {
  queryKey: ['settings'],
  queryFn: get<SettingsAnswer>('/settings'),
};

/** What Ascent360 answered to the test record that was sent with a GUID when it was saved. */
export const firstTestKey = ['first-test'];

/** Everything that shows the settings: refreshed after they change. */
const dependents = [['settings'], ['setting-changes'], ['overview'], ['activity'], ['shop']];

export type SettingsForm = {
  saved: SettingsAnswer;
  draft: Draft;
  dirty: boolean;
  faults: Faults;
  saving: boolean;
  /** Why saving failed, if not because of a field. */
  failure: unknown;
  change(part: Partial<Draft>): void;
  save(): void;
  discard(): void;
  /** Changes this alone, at once, and leaves the rest as it is saved now, whoever saved it. */
  pause(paused: boolean): void;
  /** Another after each `discard`: what a field keeps for itself goes with the rest. */
  edition: number;
};

const begin = (answer: SettingsAnswer): Edit => ({ base: draftOf(answer), draft: draftOf(answer) });

/** What was edited while the answer was on its way stays. */
const continueOn = (answer: SettingsAnswer, edit: Edit): Edit => ({
  base: draftOf(answer),
  draft: editOn(edit, draftOf(answer)),
});

/**
 * The settings being edited: what is saved, what is on the page, and what the server said about it.
 */
export function useSettingsForm(): { form: SettingsForm | null; query: UseQueryResult } {
  const client = useQueryClient();
  const format = useFormat();
  const query = useQuery(settingsQuery);
  const { data: saved } = query;
  const [edit, setEdit] = useState<Edit | null>(null);
  const [edition, setEdition] = useState(0);
  useEffect(() => {
    if (saved) setEdit((current) => (current && isDirty(current) ? current : begin(saved)));
  }, [saved]);

  const put = useAction({
    /**
     * @param change what becomes of the settings that are saved now, whoever saved them
     * @param shown what was on the page then
     */
    mutationFn: async ({ change }: { change: (latest: Draft) => Draft; shown: Draft }) => {
      // Not by the query, which would go on asking an app that can't be reached.
      const latest = await call<SettingsAnswer>('GET', '/settings');
      return await call<SettingsAnswer>('PUT', '/settings', { body: documentOf(change(draftOf(latest))) });
    },
    onError: (error) => showErrorToast(titleOf(error)),
    onSuccess: async (answer, { shown }) => {
      client.setQueryData(settingsQuery.queryKey, answer);
      setEdit((current) => (current ? continueOn(answer, { base: shown, draft: current.draft }) : begin(answer)));
      client.removeQueries({ queryKey: firstTestKey });
      await Promise.all(dependents.slice(1).map((queryKey) => client.invalidateQueries({ queryKey })));
    },
  });

  if (!saved || !edit) return { form: null, query };
  const { error: failed, variables } = put;
  const refused = isRefused(failed) && variables ? withoutChanged(failed.faults, variables.shown, edit.draft) : [];
  return {
    query,
    form: {
      saved,
      draft: edit.draft,
      dirty: isDirty(edit),
      faults: faultsOf(refused, format),
      saving: put.isPending,
      failure: isRefused(failed) ? null : failed,
      change: (part) => setEdit((current) => current && { ...current, draft: { ...current.draft, ...part } }),
      save: () =>
        put.mutate(
          { change: (latest) => editOn(edit, latest), shown: edit.draft },
          { onSuccess: () => showToast(textAt('settings.saved')) },
        ),
      edition,
      discard: () => {
        setEdit(begin(saved));
        setEdition(edition + 1);
        put.reset();
      },
      pause: (paused) =>
        put.mutate(
          { change: (latest) => ({ ...latest, paused }), shown: edit.draft },
          { onSuccess: () => showToast(textAt(`settings.connection.${paused ? 'pausedToast' : 'resumedToast'}`)) },
        ),
    },
  };
}
