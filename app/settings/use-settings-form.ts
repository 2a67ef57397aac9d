import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ApiError, call } from '../api.ts';
import { showErrorToast, showToast } from '../app-bridge.ts';
import { useFormat } from '../shell/shop.tsx';
import { textAt } from '../texts.ts';
import { type Draft, documentOf, draftOf, type Faults, faultsOf, isDirty, type SettingsAnswer } from './draft.ts';

export const settingsQuery = {
  queryKey: ['settings'],
  queryFn: ({ signal }: { signal: AbortSignal }) => call<SettingsAnswer>('GET', '/settings', { signal }),
};

/** Everything that shows the settings: refreshed after they change. */
const dependents = [['settings'], ['setting-changes'], ['overview'], ['activity']];

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

/**
 * The settings being edited: what is saved, what is on the page, and what the server said about it.
 */
export function useSettingsForm(): { form: SettingsForm | null; error: unknown; retry: () => void } {
  const client = useQueryClient();
  const format = useFormat();
  const { data: saved, error, refetch } = useQuery(settingsQuery);
  const [draft, setDraft] = useState<Draft | null>(null);
  useEffect(() => {
    if (saved) setDraft((current) => current ?? draftOf(saved));
  }, [saved]);

  const put = useMutation({
    mutationFn: async (document: Draft | { paused: boolean }) => {
      const whole =
        'guid' in document
          ? document
          : { ...draftOf(await client.fetchQuery({ ...settingsQuery, staleTime: 0 })), ...document };
      return await call<SettingsAnswer>('PUT', '/settings', { body: documentOf(whole) });
    },
    onError: () => showErrorToast(textAt('common.failures.refused.title')),
    onSuccess: async (answer) => {
      client.setQueryData(settingsQuery.queryKey, answer);
      setDraft(draftOf(answer));
      await Promise.all(dependents.slice(1).map((queryKey) => client.invalidateQueries({ queryKey })));
    },
  });
  const refused = put.error instanceof ApiError && put.error.kind === 'refused' ? put.error.faults : null;

  const retry = () => void refetch();
  if (!saved || !draft) return { form: null, error, retry };
  return {
    error: null,
    retry,
    form: {
      saved,
      draft,
      dirty: isDirty(draft, saved),
      faults: faultsOf(refused ?? [], format),
      saving: put.isPending,
      failure: refused ? null : put.error,
      change: (part) => setDraft((current) => current && { ...current, ...part }),
      save: () => put.mutate(draft, { onSuccess: () => showToast(textAt('settings.saved')) }),
      discard: () => {
        setDraft(draftOf(saved));
        put.reset();
      },
      pause: async (paused) => await put.mutateAsync({ paused }),
    },
  };
}
