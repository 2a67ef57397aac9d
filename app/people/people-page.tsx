import { AppPage } from '../shell/app-page.tsx';
import { Loading } from '../shell/loading.tsx';
import { texts } from '../texts.ts';

export function PeoplePage() {
  return (
    <AppPage title={texts.common.nav.people}>
      <Loading />
    </AppPage>
  );
}
