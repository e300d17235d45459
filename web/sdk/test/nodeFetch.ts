import { request } from "node:http";

/** A simulated page's own fetch asks for CORS headers, which the fake server does not give; this one does not ask. */
export const nodeFetch: typeof fetch = (input, init) =>
  new Promise((resolve, reject) => {
    const asked = request(input as string, { method: init?.method ?? "GET", headers: init?.headers as Record<string, string> }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        resolve(new Response(Buffer.concat(chunks), { status: response.statusCode ?? 500, headers: response.headers as Record<string, string> }));
      });
    });
    asked.on("error", reject);
    asked.end(init?.body as string | undefined);
  });
