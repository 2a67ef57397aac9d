import { type UseMutationOptions, useIsMutating, useMutation, useQueryClient } from '@tanstack/react-query';
import { useId } from 'react';

/**
 * What a button or Enter begins, one at a time: until it has ended, beginning it again does nothing,
 * also before the page has shown that it is under way.
 * @returns as `useMutation`, but `mutateAsync` returns null if one is under way
 */
export function useAction<Answer, Asked = void>(options: UseMutationOptions<Answer, Error, Asked>) {
  const client = useQueryClient();
  const mutationKey = [useId()];
  const { mutate, mutateAsync, ...action } = useMutation({
    ...options,
    mutationKey,
    onSuccess: async (...done) => {
      // A page opened from now on doesn't show what another one read before.
      await client.invalidateQueries({ refetchType: 'none' });
      await options.onSuccess?.(...done);
    },
  });
  const isFree = () => client.isMutating({ mutationKey }) === 0;
  return {
    ...action,
    // One that was begun before a `reset` may not have ended.
    isPending: useIsMutating({ mutationKey }) > 0,
    mutate: (...asked: Parameters<typeof mutate>) => {
      if (isFree()) mutate(...asked);
    },
    mutateAsync: (...asked: Parameters<typeof mutateAsync>) => (isFree() ? mutateAsync(...asked) : null),
  };
}
