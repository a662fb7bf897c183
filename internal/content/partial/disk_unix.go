//go:build unix

package partial

import (
	"errors"
	"syscall"
)

func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

func isTooLarge(err error) bool { return errors.Is(err, syscall.EFBIG) }

func isReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }
