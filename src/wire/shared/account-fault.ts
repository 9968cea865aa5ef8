/** What is wrong with one member of a registration. `input` is the value as sent. */
export interface MemberProblem {
  readonly member: string
  readonly kind: 'absent' | 'empty' | 'not_text' | 'refused'
  readonly input: unknown
  /** Why, where `kind` is `refused`. */
  readonly reason?: string
}

/** Why a registration was refused. `input` is the parsed body, where there is one. */
export type AccountFault =
  | { readonly kind: 'broken_json'; readonly reason: string; readonly offset: number }
  | { readonly kind: 'no_data'; readonly problems: readonly MemberProblem[]; readonly input: unknown }
  | { readonly kind: 'missing'; readonly problems: readonly MemberProblem[]; readonly input: unknown }
  | { readonly kind: 'invalid'; readonly problems: readonly MemberProblem[]; readonly input: unknown }
  | {
      readonly kind: 'username_taken'
      readonly username: string
      readonly email: string
      readonly emailTaken: boolean
    }
  | { readonly kind: 'email_taken'; readonly username: string; readonly email: string }
  | { readonly kind: 'closed' }
