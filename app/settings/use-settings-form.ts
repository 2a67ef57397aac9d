import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ApiError, call } from '../api.ts';
import { showErrorToast, showToast } from '../app-bridge.ts';
import { useFormat } from '../shell/shop.tsx';
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
} from './draft.ts';

export const settingsQuery = {
  queryKey: ['settings'],
  queryFn: ({ signal }: { signal: AbortSignal }) => call<SettingsAnswer>('GET', '/settings', { signal }),
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
  pause(paused: boolean): Promise<SettingsAnswer>;
};

const begin = (answer: SettingsAnswer): Edit => ({ base: draftOf(answer), draft: draftOf(answer) });

/**
 * The settings being edited: what is saved, what is on the page, and what the server said about it.
 */
export function useSettingsForm(): { form: SettingsForm | null; error: unknown; retry: () => void } {
  const client = useQueryClient();
  const format = useFormat();
  const { data: saved, error, refetch } = useQuery(settingsQuery);
  const [edit, setEdit] = useState<Edit | null>(null);
  useEffect(() => {
    if (saved) setEdit((current) => (current && isDirty(current) ? current : begin(saved)));
  }, [saved]);

  const put = useMutation({
    /** @param change what becomes of the settings that are saved now, whoever saved them */
    mutationFn: async (change: (latest: Draft) => Draft) => {
      // Not by the query, which would go on asking an app that can't be reached.
      const latest = await call<SettingsAnswer>('GET', '/settings');
      return await call<SettingsAnswer>('PUT', '/settings', { body: documentOf(change(draftOf(latest))) });
    },
    onError: () => showErrorToast(textAt('common.failures.refused.title')),
    onSuccess: async (answer) => {
      client.setQueryData(settingsQuery.queryKey, answer);
      setEdit(begin(answer));
      client.removeQueries({ queryKey: firstTestKey });
      await Promise.all(dependents.slice(1).map((queryKey) => client.invalidateQueries({ queryKey })));
    },
  });
  const refused = put.error instanceof ApiError && put.error.kind === 'refused' ? put.error.faults : null;

  const retry = () => void refetch();
  if (!saved || !edit) return { form: null, error, retry };
  return {
    error: null,
    retry,
    form: {
      saved,
      draft: edit.draft,
      dirty: isDirty(edit),
      faults: faultsOf(refused ?? [], format),
      saving: put.isPending,
      failure: refused ? null : put.error,
      change: (part) => setEdit((current) => current && { ...current, draft: { ...current.draft, ...part } }),
      save: () =>
        put.mutate((latest) => editOn(edit, latest), { onSuccess: () => showToast(textAt('settings.saved')) }),
      discard: () => {
        setEdit(begin(saved));
        put.reset();
      },
      pause: async (paused) => await put.mutateAsync((latest) => ({ ...latest, paused })),
    },
  };
}
