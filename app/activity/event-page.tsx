import { AppPage } from '../shell/app-page.tsx';
import { Loading } from '../shell/loading.tsx';
import { texts } from '../texts.ts';

export function EventPage(_: { id: string }) {
  return (
    <AppPage title={texts.common.nav.activity}>
      <Loading />
    </AppPage>
  );
}
