// Package tao serves the HTTP endpoints of the PHP system, TAO's task queue: its paths, parameters, answers and codes, so that front
// ends and scripts which were made for it can be pointed here. The tasks are those of the task log, and who may see which of
// them is for the caller to say: see Visit.
//
// The document tao.yaml describes the endpoints. docs/php-compatibility.md says what is not the same, and why.
package tao
