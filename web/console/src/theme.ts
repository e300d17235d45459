import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

const call: MantineColorsTuple = ["#eaf2fd", "#d5e3f8", "#a9c6f0", "#8ab4f8", "#5c93de", "#3c7bd1", "#2b6cc7", "#1f5fbf", "#184d9d", "#123c7c"];
const night: MantineColorsTuple = ["#e9eef3", "#c7d1da", "#a3b1be", "#75838f", "#4a5a68", "#3a4753", "#222d38", "#18212a", "#131b22", "#0f151b"];

export const theme = createTheme({
  primaryColor: "call",
  primaryShade: 7,
  colors: { call, dark: night },
  defaultRadius: "md",
  cursorType: "pointer",
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif',
  // What has the focus before any item has it is no part of a menu to who hears it.
  components: { Menu: { defaultProps: { withInitialFocusPlaceholder: false } } },
  headings: { fontWeight: "650", sizes: { h1: { fontSize: "1.5rem" }, h2: { fontSize: "1.125rem" }, h3: { fontSize: "1rem" } } },
});

/** Text that is less than the first still has a contrast of 4.5 to what it stands on, which Mantine's own has not. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-text": "#17212b",
    "--mantine-color-body": "#ffffff",
    "--mantine-color-dimmed": "#4d5b69",
    "--mantine-color-placeholder": "#5f6c79",
    "--mantine-color-error": "#b42525",
    "--mantine-color-anchor": "#1f5fbf",
    "--mantine-color-default-border": "#c6ced6",
  },
  dark: {
    "--mantine-color-text": "#e9eef3",
    "--mantine-color-body": "#18212a",
    "--mantine-color-dimmed": "#a3b1be",
    "--mantine-color-placeholder": "#93a1ae",
    "--mantine-color-error": "#f59a93",
    "--mantine-color-anchor": "#8ab4f8",
    "--mantine-color-default": "#222d38",
    "--mantine-color-default-border": "#4a5a68",
  },
});

/** Colours of series that people who see fewer colours can tell apart (Okabe and Ito), with enough contrast on either ground. */
export const SERIES = {
  light: ["#0b6db3", "#c4540a", "#00805c", "#a8437f", "#8a6a00", "#5a4fb0", "#4d5b69", "#2a8fb8"],
  dark: ["#6db6ee", "#f0935a", "#4fc9a0", "#e59ac4", "#e6c34d", "#b3a8f2", "#b3c0cc", "#8fd6ea"],
} as const;
