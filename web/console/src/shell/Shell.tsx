import { ActionIcon, AppShell, Burger, Kbd, Menu, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { lazy, type ReactNode, Suspense, useEffect } from "react";
import { Link, useLocation } from "wouter";
import { type Account, useSession } from "../api/session.js";
import { zoneName } from "../format.js";
import type { PageEntry } from "../pages.js";
import { DarkIcon, LightIcon, SearchIcon, SystemIcon } from "../parts/icons.js";
import { strings } from "../strings/index.js";
import { ICONS } from "./icons.js";
import { Mark } from "./Mark.js";
import classes from "./Shell.module.css";
import { IdleWatch } from "./IdleWatch.js";
import { signOut } from "./signingOut.js";

/** What stands around every page: the way to the others, and who is signed in. */
export function Shell({ account, entries, children }: { account: Account; entries: readonly PageEntry[]; children: ReactNode }) {
  const [isOpen, menu] = useDisclosure(false);
  const [path] = useLocation();
  const { idle_seconds } = useSession();
  const { shell } = strings;
  useEffect(() => menu.close(), [path, menu]);
  return (
    <AppShell header={{ height: 52 }} navbar={{ width: 216, breakpoint: "md", collapsed: { mobile: !isOpen } }} padding="md" transitionDuration={0}>
      <a href="#content" className={classes.skip}>
        {shell.skip}
      </a>
      <AppShell.Header className={classes.header}>
        <Burger opened={isOpen} onClick={menu.toggle} hiddenFrom="md" size="sm" aria-label={isOpen ? shell.menu.close : shell.menu.open} aria-expanded={isOpen} />
        <Link href="/" className={classes.brand}>
          <Mark />
          {shell.product}
        </Link>
        <div className={classes.end}>
          <SearchButton entries={entries} />
          <SchemeMenu />
          <AccountMenu account={account} />
        </div>
      </AppShell.Header>
      <AppShell.Navbar className={classes.navbar} aria-label={shell.navigation}>
        <Navigation entries={entries} path={path} />
        <p className={classes.zone}>{shell.times(zoneName())}</p>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} className={classes.main}>
        {children}
      </AppShell.Main>
      <IdleWatch idleSeconds={idle_seconds} />
    </AppShell>
  );
}

function Navigation({ entries, path }: { entries: readonly PageEntry[]; path: string }) {
  const { groups, pages } = strings.shell;
  return (
    <>
      {(Object.keys(groups) as (keyof typeof groups)[]).map((group) => {
        const here = entries.filter((entry) => entry.group === group);
        if (here.length === 0) return null;
        return (
          <div key={group} className={classes.group}>
            <h2 className={classes.groupName} id={`group-${group}`}>
              {groups[group]}
            </h2>
            <ul aria-labelledby={`group-${group}`} className={classes.list}>
              {here.map(({ path: to, name }) => {
                const Icon = name && ICONS[name];
                const isHere = to === "/" ? path === "/" : path === to || path.startsWith(`${to}/`);
                return (
                  <li key={to}>
                    <Link href={to} className={classes.link} aria-current={isHere ? "page" : undefined}>
                      {Icon && <Icon />}
                      {name && pages[name]}
                    </Link>
                  </li>
                );
              })}
            </ul>
          </div>
        );
      })}
    </>
  );
}

const Palette = lazy(() => import("./Palette.js"));

function SearchButton({ entries }: { entries: readonly PageEntry[] }) {
  const [isOpen, palette] = useDisclosure(false);
  const words = strings.shell.palette;
  useHotkeys([
    ["mod+K", palette.open],
    ["/", palette.open],
  ]);
  return (
    <>
      <UnstyledButton className={classes.search} onClick={palette.open} aria-haspopup="dialog" aria-keyshortcuts="Control+K /">
        <SearchIcon />
        <span className={classes.searchWord}>{words.button}</span>
        <Kbd size="xs" className={classes.searchWord} aria-hidden>
          /
        </Kbd>
      </UnstyledButton>
      {isOpen && (
        <Suspense>
          <Palette entries={entries} onClose={palette.close} />
        </Suspense>
      )}
    </>
  );
}

function SchemeMenu() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { scheme } = strings.shell;
  const marks = { auto: SystemIcon, light: LightIcon, dark: DarkIcon };
  const Now = marks[colorScheme];
  return (
    <Menu shadow="md" position="bottom-end" width={160}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`${scheme.label}: ${scheme[colorScheme]}`} className={classes.icon}>
          <Now />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup value={colorScheme} onChange={(chosen) => setColorScheme(chosen as typeof colorScheme)}>
          {(["auto", "light", "dark"] as const).map((one) => (
            <Menu.RadioItem key={one} value={one} closeMenuOnClick>
              {scheme[one]}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}

function AccountMenu({ account }: { account: Account }) {
  const words = strings.shell.account;
  return (
    <Menu shadow="md" position="bottom-end" width={220}>
      <Menu.Target>
        <UnstyledButton className={classes.account} aria-label={words.menu(account.name)}>
          <span className={classes.initials} data-initials={initials(account.name)} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={classes.who}>
          <b>{account.name}</b>
          <span>{account.email}</span>
          <span>{strings.words.role[account.role]}</span>
        </div>
        <Menu.Divider />
        <Menu.Item component={Link} href="/me">
          {words.mine}
        </Menu.Item>
        <Menu.Item component="a" href="/schema">
          {words.api}
        </Menu.Item>
        <Menu.Item onClick={() => void signOut().catch(() => undefined)}>{words.signOut}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

export function initials(name: string): string {
  const parts = name.split(/\s+/).filter(Boolean);
  const letters = parts.length > 1 ? [parts[0]![0], parts.at(-1)![0]] : [parts[0]?.[0]];
  return letters.join("").toUpperCase();
}
