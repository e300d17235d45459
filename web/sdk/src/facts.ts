import type { Fact } from "./protocol.js";

/** On whose behalf a fact is sent: the connection it belongs to and the token that may speak for it. */
export interface Sender {
  connection: string;
  url: string;
  token: string;
  /** RFC 3339: after it the server takes no more of this connection's facts. */
  reportUntil: string;
}

/** A fact with all that is needed to send it, also by a page that knows nothing else of its call. */
export interface StoredFact {
  fact: Fact;
  sender: Sender;
}

/**
 * Where facts lie until the server has said what became of them. Three verbs, so that any store fits: IndexedDB here,
 * AsyncStorage or SQLite elsewhere. `add` resolves when the fact would outlive a crash; it may reject, then the fact is
 * kept in memory only. `all` gives them in the order of their ids.
 */
export interface FactStore {
  add(fact: StoredFact): Promise<void>;
  remove(ids: readonly string[]): Promise<void>;
  all(): Promise<StoredFact[]>;
}

/** For places without a store, and for tests. Nothing outlives the page. */
export class MemoryFacts implements FactStore {
  readonly #facts = new Map<string, StoredFact>();

  add(fact: StoredFact): Promise<void> {
    this.#facts.set(fact.fact.id, fact);
    return Promise.resolve();
  }

  remove(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#facts.delete(id);
    return Promise.resolve();
  }

  all(): Promise<StoredFact[]> {
    return Promise.resolve([...this.#facts.values()].sort((a, b) => (a.fact.id < b.fact.id ? -1 : 1)));
  }
}

/** The browser's own database. One for all tabs of an origin. */
export class IndexedDbFacts implements FactStore {
  #database: Promise<IDBDatabase> | null = null;

  constructor(readonly name = "callwell") {}

  async add(fact: StoredFact): Promise<void> {
    await this.#inFacts("readwrite", (facts) => facts.put({ ...fact, id: fact.fact.id }));
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.#inFacts("readwrite", (facts) => {
      for (const id of ids) facts.delete(id);
      return undefined;
    });
  }

  async all(): Promise<StoredFact[]> {
    const found = await this.#inFacts("readonly", (facts) => facts.getAll() as IDBRequest<StoredFact[]>);
    return found.map(({ fact, sender }) => ({ fact, sender }));
  }

  /** One transaction; resolves when it is complete. */
  async #inFacts<T>(mode: IDBTransactionMode, work: (facts: IDBObjectStore) => IDBRequest<T> | undefined): Promise<T> {
    const database = await this.#open();
    return new Promise<T>((resolve, reject) => {
      // "strict": complete means flushed, not handed to the operating system.
      const transaction = database.transaction("facts", mode, { durability: "strict" });
      const request = work(transaction.objectStore("facts"));
      transaction.oncomplete = () => resolve(request?.result as T);
      transaction.onabort = () => reject(transaction.error ?? new Error("The browser gave up the transaction."));
    });
  }

  #open(): Promise<IDBDatabase> {
    this.#database ??= new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(this.name, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("facts", { keyPath: "id" });
      };
      request.onsuccess = () => {
        const database = request.result;
        const forget = () => {
          this.#database = null;
        };
        database.onversionchange = () => {
          database.close();
          forget();
        };
        database.onclose = forget;
        resolve(database);
      };
      request.onerror = () => {
        this.#database = null;
        reject(request.error ?? new Error("IndexedDB could not be opened."));
      };
    });
    return this.#database;
  }
}

/** The most durable store this place has. */
export function defaultStore(): FactStore {
  return typeof indexedDB === "undefined" ? new MemoryFacts() : new IndexedDbFacts();
}
