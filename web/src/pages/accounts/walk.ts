/** The list that one came from, so that J and K inside an account go on along it, in its order. */
import type { AccountFilter } from "../../api/queries";

const KEPT = "forestay.accounts.walk";

export const rememberWalk = (filter: AccountFilter): void => sessionStorage.setItem(KEPT, JSON.stringify(filter));
export const walkOf = (): AccountFilter => JSON.parse(sessionStorage.getItem(KEPT) ?? '{"sort":"score"}') as AccountFilter;
