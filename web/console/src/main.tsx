import { MantineProvider, localStorageColorSchemeManager } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Problem, whenSignedOut } from "./api/client.js";
import { App } from "./app.js";
import { toSignIn } from "./shell/signingOut.js";
import "./styles.css";
import { theme, variables } from "./theme.js";

const nonce = document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]")?.nonce ?? "";
// What keeps the page still behind a dialog makes a style of its own, and looks for the nonce here.
Object.assign(globalThis, { __webpack_nonce__: nonce });

const schemes = localStorageColorSchemeManager({ key: "callwell-scheme" });

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      // What was refused will be again; what could not be reached or was too much may go well the next time.
      retry: (count, why) => count < 2 && !(why instanceof Problem && why.status < 500 && why.status !== 429),
    },
  },
});

whenSignedOut(toSignIn);

createRoot(document.getElementById("console")!).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={variables} colorSchemeManager={schemes} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <QueryClientProvider client={queries}>
        <App />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
