/*
 * What every process of meet-media does first: nothing of a call or a key
 * ever reaches a core dump, and there are descriptors enough.
 */

#ifndef MW_LIMITS_H
#define MW_LIMITS_H


void mw_limits_apply(void);


#endif /* MW_LIMITS_H */
