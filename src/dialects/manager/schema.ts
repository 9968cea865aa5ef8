import Type from 'typebox'

/** The manager's User (contract section 3.1). */
export const UserObject = Type.Object({
  id: Type.Integer({ minimum: 1 }),
  email: Type.String(),
  username: Type.String(),
  is_active: Type.Boolean(),
  is_superuser: Type.Boolean(),
  created_at: Type.String({ format: 'date-time' }),
  updated_at: Type.String({ format: 'date-time' }),
})

/** The answer to a form login (contract section 3.2). */
export const LoginAnswer = Type.Object({
  access_token: Type.String(),
  token_type: Type.Literal('bearer'),
  mfa_required: Type.Boolean(),
  user: UserObject,
})
