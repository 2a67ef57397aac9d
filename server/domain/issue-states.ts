/** An issue is open, was resolved because its events were accepted after all, or was dismissed. */
export const issueStates = ['open', 'resolved', 'ignored'] as const;
export type IssueState = (typeof issueStates)[number];
