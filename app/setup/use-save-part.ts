import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ApiError, call } from '../api.ts';
import { type Draft, documentOf, draftOf, type Faults, faultsOf, type SettingsAnswer } from '../settings/draft.ts';
import { settingsQuery } from '../settings/use-settings-form.ts';

/** Saves some of the settings and leaves the others as they are. */
export function useSavePart(): {
  save(part: Partial<Draft>, after?: () => void): void;
  saving: boolean;
  faults: Faults;
  /** Why it failed when it was not for a field. */
  failure: unknown;
} {
  const client = useQueryClient();
  const put = useMutation({
    mutationFn: async (part: Partial<Draft>) => {
      const saved = await client.fetchQuery({ ...settingsQuery, staleTime: 0 });
      return await call<SettingsAnswer>('PUT', '/settings', { body: documentOf({ ...draftOf(saved), ...part }) });
    },
    onSuccess: async (answer) => {
      client.setQueryData(settingsQuery.queryKey, answer);
      await client.invalidateQueries({ queryKey: ['overview'] });
    },
  });
  const refused = put.error instanceof ApiError && put.error.kind === 'refused';
  return {
    save: (part, after) => put.mutate(part, after ? { onSuccess: after } : {}),
    saving: put.isPending,
    faults: faultsOf(refused && put.error instanceof ApiError ? put.error.faults : []),
    failure: refused ? null : put.error,
  };
}
