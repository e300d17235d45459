import { Component, type ReactNode, Suspense } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { type Account, useMaybeSession } from "./api/session.js";
import { PAGES } from "./pages.js";
import SignIn from "./pages/sign-in/index.js";
import { Failed, Loading } from "./parts/States.js";
import { pathAndQuery, wanted } from "./shell/address.js";
import { NotFound } from "./shell/NotFound.js";
import { Shell } from "./shell/Shell.js";
import { strings } from "./strings/index.js";

/** The sign-in page for who is nobody yet; else the shell around the page of the address. */
export function App() {
  const session = useMaybeSession();
  if (session.isPending) return <Loading />;
  if (!session.data) return <Failed error={session.error} retry={session.refetch} />;
  const { account } = session.data;
  return account ? <SignedIn account={account} /> : <SignedOut />;
}

function SignedOut() {
  const [path] = useLocation();
  if (path === "/sign-in") return <SignIn />;
  return <Redirect to={path === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(pathAndQuery())}`} replace />;
}

function SignedIn({ account }: { account: Account }) {
  const [path] = useLocation();
  const mine = PAGES.filter((entry) => entry.roles.includes(account.role));
  const home = mine.find((entry) => entry.group)?.path ?? "/me";
  return (
    <Shell account={account} entries={mine}>
      <Caught key={path}>
        <Suspense fallback={<Loading />}>
          <Switch>
            {mine.map((entry) => (
              <Route key={entry.path} path={entry.path} component={entry.page} />
            ))}
            <Route path="/sign-in">
              <Redirect to={wanted(home)} replace />
            </Route>
            {home !== "/" && (
              <Route path="/">
                <Redirect to={home} replace />
              </Route>
            )}
            <Route>
              <NotFound />
            </Route>
          </Switch>
        </Suspense>
      </Caught>
    </Shell>
  );
}

/** A page that breaks takes nothing else along. */
class Caught extends Component<{ children: ReactNode }, { error: unknown }> {
  override state = { error: null as unknown };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    const { broken } = strings.shell;
    return (
      <div role="alert">
        <h1>{broken.title}</h1>
        <p>{broken.lead}</p>
        <button type="button" onClick={() => location.reload()}>
          {broken.reload}
        </button>
      </div>
    );
  }
}
