package tasklog

import (
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"google.golang.org/protobuf/proto"
)

// DecodeMemo decodes a memo as Temporal stores it in its index.
func DecodeMemo(data []byte, encoding string) (*commonpb.Memo, error) {
	if len(data) == 0 {
		return &commonpb.Memo{}, nil
	}
	if proto3 := enumspb.ENCODING_TYPE_PROTO3.String(); encoding != proto3 {
		return nil, fmt.Errorf("the memo's encoding is %q; only %s is known", encoding, proto3)
	}
	var memo commonpb.Memo
	if err := proto.Unmarshal(data, &memo); err != nil {
		return nil, fmt.Errorf("decode the memo: %w", err)
	}
	return &memo, nil
}
